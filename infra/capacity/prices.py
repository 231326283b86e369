"""List prices of AWS in São Paulo (sa-east-1), in US dollars, without taxes, free tiers and discounts.

They are the public price lists as known in November 2026, not read from AWS on that day: check each before a decision.
`DERIVED` ones are those of us-east-1 times 1.7, the usual distance between the two regions.
"""

from __future__ import annotations

from dataclasses import dataclass

AS_OF = "November 2026"
LIST, DERIVED = "price list", "derived from us-east-1"
HOURS = 730  # of a month


@dataclass(frozen=True)
class Price:
    name: str
    dollars: float
    unit: str
    basis: str = LIST


VCPU = Price("Fargate, ARM, processor", 0.0557, "vCPU-hour")
MEMORY = Price("Fargate, ARM, memory", 0.00612, "GB-hour")
DATABASE_VCPU = Price("RDS r8g, one zone", 0.22, "vCPU-hour", DERIVED)
SMALL_DATABASE = Price("RDS t4g.medium, one zone", 0.11, "hour", DERIVED)
DATABASE_STORAGE = Price("RDS gp3, one zone", 0.219, "GB-month")
PROXY = Price("RDS Proxy", 0.025, "vCPU-hour", DERIVED)
BALANCER = Price("load balancer with one capacity unit", 0.045, "hour")
GATEWAY = Price("NAT gateway", 0.093, "hour")
ENDPOINT = Price("interface endpoint, one zone", 0.017, "hour", DERIVED)
FIREWALL = Price("web ACLs and rules", 30.0, "month", DERIVED)
QUEUE = Price("SQS", 0.40, "million calls")
STORED = Price("S3", 0.0405, "GB-month")
PUT = Price("S3, PUT", 7.0, "million")
OUT = Price("CloudFront, South America", 0.11, "GB")
REQUEST = Price("CloudFront and WAF", 2.8, "million requests")
LOGS = Price("CloudWatch Logs", 0.90, "GB")
MAIL = Price("SES", 100.0, "million mails")
FIXED = Price("keys, secrets, alarms, dashboard, canary", 60.0, "month", DERIVED)
PRICES = (
    VCPU, MEMORY, DATABASE_VCPU, SMALL_DATABASE, DATABASE_STORAGE, PROXY, BALANCER, GATEWAY, ENDPOINT, FIREWALL, QUEUE,
    STORED, PUT, OUT, REQUEST, LOGS, MAIL, FIXED,
)  # fmt: skip
