"""Webhooks: POSTs that tell partners of events of the orders that they made (docs/webhooks.md)."""
