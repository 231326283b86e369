"""The CycloneDX document of the packages that ship."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tools.sbom.packages import DEBIAN, Package

PRODUCT: Final = "bilheteria"


def document(packages: Iterable[Package]) -> str:
    """CycloneDX 1.6 as JSON; the box office depends on all of `packages`."""
    bom = Bom()
    bom.metadata.component = Component(name=PRODUCT, type=ComponentType.APPLICATION, bom_ref=PRODUCT)
    bom.components.update(map(_component, packages))
    bom.register_dependency(bom.metadata.component, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _component(package: Package) -> Component:
    address = _address(package)
    return Component(
        group=address.namespace,
        name=address.name,
        version=package.version,
        purl=address,
        bom_ref=str(address),
        licenses=[LicenseFactory().make_from_string(package.license)] if package.license else None,
    )


def _address(package: Package) -> PackageURL:
    """The package URL. Its namespace is the scope of npm's names; for Debian it is the distribution."""
    if package.kind == DEBIAN:
        architecture = {"arch": package.architecture}
        return PackageURL(DEBIAN, "debian", package.name, package.version, qualifiers=architecture)
    scope, _, name = package.name.rpartition("/")
    return PackageURL(package.kind, scope or None, name, package.version)
