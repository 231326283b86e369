"""`make services`: the seven services, the pages, the relay and the workers as processes on one machine."""
