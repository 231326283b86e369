"""`make sbom`: the list of all packages that the box office ships (SBOM), as a CycloneDX document."""
