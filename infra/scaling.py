"""How many tasks of a part run: by processor, by requests a task, and for workers by the messages that wait a task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_sqs as sqs

from infra.environments import Environment
from infra.parts import Part

PROCESSOR_PERCENT = 55
REQUESTS_A_MINUTE = 3000  # of one task
WAITING_MESSAGES = 100  # of one task: a worker handles so many in some seconds


def scale(
    service: ecs.FargateService,
    part: Part,
    environment: Environment,
    *,
    queues: Sequence[sqs.IQueue],
    target_group: elb.ApplicationTargetGroup | None,
) -> None:
    """Scale a service between the environment's limits; the policy that wants most tasks decides."""
    most = environment.most_tasks if part.kind == "web" else environment.most_worker_tasks
    least = 0 if environment.is_first else environment.least_tasks
    target = service.auto_scale_task_count(min_capacity=least, max_capacity=most)
    if part.kind == "web":
        _schedule(target, environment, most)
    quick, slow = Duration.seconds(30), Duration.minutes(5)
    target.scale_on_cpu_utilization(
        "Processor",
        target_utilization_percent=PROCESSOR_PERCENT,
        scale_out_cooldown=quick,
        scale_in_cooldown=slow,
    )
    if target_group is not None:
        target.scale_on_request_count(
            "Requests",
            requests_per_target=REQUESTS_A_MINUTE,
            target_group=target_group,
            scale_out_cooldown=quick,
            scale_in_cooldown=slow,
        )
    if queues:
        _scale_on_backlog(target, service, queues)


def _schedule(target: ecs.ScalableTaskCount, environment: Environment, most: int) -> None:
    """Have more tasks from half an hour before a hot sale until two hours after it has begun."""
    for number, sale in enumerate(environment.hot_sales, 1):
        moments = {
            "Begin": (sale.at - timedelta(minutes=30), sale.tasks),
            "End": (sale.at + timedelta(hours=2), environment.least_tasks),
        }
        for name, (moment, least) in moments.items():
            target.scale_on_schedule(
                f"Sale{number}{name}",
                schedule=autoscaling.Schedule.at(moment),
                min_capacity=least,
                max_capacity=max(most, least),
            )


def _scale_on_backlog(
    target: ecs.ScalableTaskCount, service: ecs.FargateService, queues: Sequence[sqs.IQueue]
) -> None:
    """Keep the number of waiting messages for each running task near WAITING_MESSAGES."""
    policy = autoscaling.CfnScalingPolicy
    running = cloudwatch.Metric(
        namespace="ECS/ContainerInsights",
        metric_name="RunningTaskCount",
        dimensions_map={
            "ClusterName": service.cluster.cluster_name,
            "ServiceName": service.service_name,
        },
    )
    waiting = {f"waiting{number}": queue for number, queue in enumerate(queues, 1)}
    queries = [
        *(
            _query(name, one.metric_approximate_number_of_messages_visible(), "Sum")
            for name, one in waiting.items()
        ),
        _query("running", running, "Average"),
        policy.TargetTrackingMetricDataQueryProperty(
            id="backlog",
            expression=f"({' + '.join(waiting)}) / FILL(running, 1)",
            label="Waiting messages a task",
        ),
    ]
    autoscaling.CfnScalingPolicy(
        target,
        "Backlog",
        policy_name=f"{service.node.id}Backlog",
        policy_type="TargetTrackingScaling",
        scaling_target_id=_scalable_target(target).scalable_target_id,
        target_tracking_scaling_policy_configuration=policy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=WAITING_MESSAGES,
            scale_out_cooldown=30,
            scale_in_cooldown=300,
            customized_metric_specification=policy.CustomizedMetricSpecificationProperty(metrics=queries),
        ),
    )


def _query(
    id: str, metric: cloudwatch.IMetric, statistic: str
) -> autoscaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty:
    """A metric as the input of an expression."""
    policy, stat = autoscaling.CfnScalingPolicy, metric.to_metric_config().metric_stat
    dimensions = [
        policy.TargetTrackingMetricDimensionProperty(name=one.name, value=one.value)
        for one in stat.dimensions or ()
    ]
    return policy.TargetTrackingMetricDataQueryProperty(
        id=id,
        return_data=False,
        metric_stat=policy.TargetTrackingMetricStatProperty(
            metric=policy.TargetTrackingMetricProperty(
                namespace=stat.namespace, metric_name=stat.metric_name, dimensions=dimensions
            ),
            stat=statistic,
        ),
    )


def _scalable_target(target: ecs.ScalableTaskCount) -> autoscaling.ScalableTarget:
    """The resource behind a task count: CDK has no method that scales on an expression."""
    found: autoscaling.ScalableTarget = target.node.find_child("Target")
    return found
