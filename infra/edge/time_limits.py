"""How long each part on the way of a request waits, in seconds.

Live seats are one long answer (server-sent events), in which the application sends at least a line every
`live.HEARTBEAT_SECONDS`. So each part that counts the seconds without a byte must wait longer than that, and none may
limit the whole answer. A part that keeps connections open must close them before the next part does: otherwise it sends
a request into a connection that has just been closed, and answers 502. The tests compare these numbers with the code.
"""

from __future__ import annotations

from typing import Final

# CloudFront: seconds without a byte from the load balancer. It has no limit for a whole answer unless one is set.
ORIGIN_READ: Final = 60
# CloudFront closes an idle connection to the load balancer after this time.
ORIGIN_KEEPALIVE: Final = 30
# The load balancer: seconds without a byte, from a task or from CloudFront.
BALANCER_IDLE: Final = 60
# API Gateway ends each request after this time, whatever comes. No live seats go this way.
GATEWAY_TOTAL: Final = 29
