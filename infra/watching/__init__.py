"""What is watched: the collector beside each task, the metrics, the alarms with their runbooks, and the dashboard."""
