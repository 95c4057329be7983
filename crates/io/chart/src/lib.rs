//! FHIR R4 bundles to plain measurements.
