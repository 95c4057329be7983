//! Regular grids: planes and volumes, filters, vesselness.
