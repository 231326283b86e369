"""order-service: baskets, ticket types, totals, payment and the end of an order."""
