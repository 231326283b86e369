"""The picture of the box office on AWS."""

from __future__ import annotations

from app.core.config import SERVICES
from app.core.messages import CONSUMERS
from tools.pictures.drawing import Picture

LEFT, RIGHT, OPERATIONS = 8, 520, 534
COLUMNS = (70, 195, 320, 450)
ROWS = {"people": 40, "edge": 146, "alb": 254, "tasks": 352, "data": 458, "managed": 574}
SIDE = 597


def draw() -> Picture:
    """Draw who calls what, from people at the top to the stores at the bottom; operations stand at the right."""
    picture = Picture()
    _groups(picture)
    _people_and_edge(picture)
    _network(picture)
    _stores(picture)
    _operations(picture)
    for source, target in ARROWS:
        picture.arrow(source, target)
    return picture


ARROWS = (
    ("people", "cloudfront"),
    ("partners", "gateway"),
    ("cloudfront", "alb"),
    ("gateway", "alb"),
    ("alb", "pages"),
    ("alb", "api"),
    ("pages", "proxy"),
    ("api", "proxy"),
    ("workers", "proxy"),
    ("proxy", "database"),
    ("relay", "database"),
    ("workflow", "registry"),
    ("canary", "cloudwatch"),
    ("cloudwatch", "topic"),
)


def _groups(picture: Picture) -> None:
    picture.group("Edge", LEFT, 88, RIGHT, 196, fill="#fdf4ec", line="#e0a458")
    picture.group(
        "VPC, three availability zones", LEFT, 206, RIGHT, 512, fill="#eef6ee", line="#6aa56a", title_from=250
    )
    picture.group(
        "ECS on Fargate, scaled by load",
        16,
        298,
        RIGHT - 8,
        400,
        fill="#fffaf4",
        line="#e0a458",
        title_from=250,
    )
    picture.group("Data", 16, 408, RIGHT - 8, 504, fill="#eef3fb", line="#6f8fc4")
    picture.group("Managed services, reached through VPC endpoints", LEFT, 522, RIGHT, 622)
    picture.group("Delivery", OPERATIONS, 8, 660, 196, fill="#f3f1fa", line="#8d7fc0")
    picture.group("Observability", OPERATIONS, 206, 660, 622, fill="#f8f0f6", line="#b678a4")


def _people_and_edge(picture: Picture) -> None:
    left, second, third, _ = COLUMNS
    picture.node("people", left, ROWS["people"], "onprem/client/users", "People", "web, kiosks, doors")
    picture.node("partners", second, ROWS["people"], "onprem/client/client", "Partners", "apps, turnstiles")
    row = ROWS["edge"]
    picture.node("cloudfront", left, row, "aws/network/cloudfront", "CloudFront", "with WAF")
    picture.node("gateway", second, row, "aws/mobile/api-gateway", "API Gateway", "REST, with WAF")
    picture.node("cognito", third, row, "aws/security/cognito", "Cognito", "sign-in, tokens")


def _network(picture: Picture) -> None:
    first, second, third, fourth = COLUMNS
    fargate, row = "aws/compute/fargate", ROWS["tasks"]
    alb = "aws/network/elb-application-load-balancer"
    picture.node("alb", (first + second) / 2, ROWS["alb"], alb, "Load balancer", "internal")
    picture.node("pages", first, row, fargate, "pages", "HTML")
    picture.node("api", second, row, fargate, f"{len(SERVICES)} services", "REST API")
    picture.node("workers", third, row, fargate, f"{len(SERVICES)} workers", "payments, PDF, mail")
    picture.node("relay", fourth, row, fargate, "relay", "outbox to queues")
    database = "aws/database/rds-postgresql-instance"
    picture.node("proxy", second, ROWS["data"], "aws/database/rds", "RDS Proxy", "connection pools")
    picture.node("database", fourth, ROWS["data"], database, "RDS PostgreSQL", "Multi-AZ")


def _stores(picture: Picture) -> None:
    first, second, third, fourth = COLUMNS
    queues, row = "aws/integration/simple-queue-service-sqs", ROWS["managed"]
    picture.node("queues", first, row, queues, "SQS", f"{len(CONSUMERS)} queues with DLQ")
    picture.node("bucket", second, row, "aws/storage/simple-storage-service-s3", "S3", "PDF tickets")
    picture.node("mail", third, row, "aws/engagement/simple-email-service-ses", "SES", "mail")
    picture.node("secrets", fourth, row, "aws/security/secrets-manager", "Secrets Manager", "rotated")


def _operations(picture: Picture) -> None:
    picture.node("workflow", SIDE, 60, "onprem/ci/github-actions", "GitHub Actions", "role by OIDC")
    picture.node("registry", SIDE, 150, "aws/compute/ec2-container-registry", "ECR", "one image, scanned")
    picture.node("canary", SIDE, 258, "aws/management/cloudwatch-alarm", "Canary", "holds two seats")
    picture.node("cloudwatch", SIDE, 365, "aws/management/cloudwatch", "CloudWatch", "logs, metrics, alarms")
    topic = "aws/integration/simple-notification-service-sns"
    picture.node("topic", SIDE, 472, topic, "SNS", "calls an engineer")
    picture.node("xray", SIDE, 572, "aws/devtools/x-ray", "X-Ray", "traces of each task")
