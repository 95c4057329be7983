//! Venous pressure, flow into a tube, leak, haemolysis and the motion of the arm.
