"""order-service: baskets, ticket types, totals, and what becomes of an order."""
