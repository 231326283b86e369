"""Parts of the stacks `edge` and `edge-pages`: what stands between the internet and the load balancer."""
