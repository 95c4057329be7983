//! Perception, planning, control and guards of a venipuncture.
