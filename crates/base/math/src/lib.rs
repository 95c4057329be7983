//! Mathematics without medicine: statistics, kinematic trees, filters.
