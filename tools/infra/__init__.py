"""`make infra`: the templates of AWS, made and checked on this machine."""
