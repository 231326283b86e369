"""An import rule: other packages import only the service.py of a service."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ServiceEntryContract(Contract):
    """Only modules of a service import its modules other than service.py.

    services            packages, such as app.orders
    further_entrances   further public modules of these packages
    allowed_importers   modules that assemble the application, such as the commands
    """

    type_name = "service entry"

    services = fields.ListField(subfield=fields.ModuleField())
    further_entrances = fields.SetField(subfield=fields.ModuleField(), required=False, default=frozenset())
    allowed_importers = fields.SetField(subfield=fields.ModuleField(), required=False, default=frozenset())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        allowed = {module.name for module in self.allowed_importers}  # type: ignore[attr-defined]
        entrances = {f"{service.name}.service" for service in self.services}  # type: ignore[attr-defined]
        entrances |= {module.name for module in self.further_entrances}  # type: ignore[attr-defined]
        breaches = [
            (importer, module)
            for service in self.services  # type: ignore[attr-defined]
            for module in sorted(graph.find_descendants(service.name))
            if module not in entrances
            for importer in sorted(graph.find_modules_that_directly_import(module))
            if not _is_within(importer, service.name)
            and not any(_is_within(importer, name) for name in allowed)
        ]
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, module in check.metadata["breaches"]:
            output.print_error(f"{importer} imports {module}: call the service instead", bold=False)


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
