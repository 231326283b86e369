"""An import rule of the house: a service is entered through its service.py alone."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class RoomContract(Contract):
    """Modules of a service other than service.py are imported within that service alone.

    services            packages, such as app.orders
    further_entrances   modules of them that are as public as service.py
    allowed_importers   modules that put the house together, such as the commands
    """

    type_name = "room"

    services = fields.ListField(subfield=fields.ModuleField())
    further_entrances = fields.SetField(subfield=fields.ModuleField(), required=False, default=frozenset())
    allowed_importers = fields.SetField(subfield=fields.ModuleField(), required=False, default=frozenset())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        allowed = {module.name for module in self.allowed_importers}  # type: ignore[attr-defined]
        entrances = {f"{service.name}.service" for service in self.services}  # type: ignore[attr-defined]
        entrances |= {module.name for module in self.further_entrances}  # type: ignore[attr-defined]
        breaches = [
            (importer, room)
            for service in self.services  # type: ignore[attr-defined]
            for room in sorted(graph.find_descendants(service.name))
            if room not in entrances
            for importer in sorted(graph.find_modules_that_directly_import(room))
            if not _is_within(importer, service.name)
            and not any(_is_within(importer, name) for name in allowed)
        ]
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, room in check.metadata["breaches"]:
            output.print_error(f"{importer} imports {room}: call the service instead", bold=False)


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
