"""An import rule: a service imports only those services that the list of calls names for it."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ServiceCallsContract(Contract):
    """Modules of a service import another service only if `calls` has it.

    services    packages, such as app.orders
    calls       "app.orders -> app.events", one for each service that a service calls
    """

    type_name = "service calls"

    services = fields.ListField(subfield=fields.ModuleField())
    calls = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        names = [service.name for service in self.services]  # type: ignore[attr-defined]
        breaches = [
            (imported["importer"], below)
            for service in names
            for below in names
            if service != below and f"{service} -> {below}" not in self.calls  # type: ignore[operator]
            for imported in graph.find_matching_direct_imports(f"{service}.** -> {below}.**")
        ]
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, below in check.metadata["breaches"]:
            output.print_error(f"{importer} imports {below}: the list of calls lacks it", bold=False)
