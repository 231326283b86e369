"""The calls of a payment provider as spans: each has the provider and its answer, and no id of a charge."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.adapters import psp
from app.core import telemetry


class TracedProvider:
    """A payment provider whose calls are spans. A call without an answer, or one that is refused, has failed."""

    def __init__(self, provider: psp.Provider) -> None:
        self.name = provider.name
        self._provider = provider

    def create(self, request: psp.ChargeRequest) -> psp.ChargeState:
        return self._state("create the charge", lambda: self._provider.create(request))

    def fetch(self, charge_id: str) -> psp.ChargeState:
        return self._state("fetch the charge", lambda: self._provider.fetch(charge_id))

    def cancel(self, charge_id: str) -> psp.ChargeState:
        return self._state("cancel the charge", lambda: self._provider.cancel(charge_id))

    def refund(self, request: psp.RefundRequest) -> str:
        with telemetry.call("refund the payment", {"provider": self.name}) as span:
            outcome = self._provider.refund(request)
            span.set("outcome", outcome)
            return outcome

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[str, ...]:
        return self._provider.read_webhook(headers, body)  # no call: the provider has called us

    def _state(self, name: str, ask: Callable[[], psp.ChargeState]) -> psp.ChargeState:
        with telemetry.call(name, {"provider": self.name}) as span:
            state = ask()
            span.set("outcome", state.status)
            return state
