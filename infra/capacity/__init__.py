"""The capacity model: from measured costs to tasks, database, connections, queues and money. See docs/capacity.md."""
