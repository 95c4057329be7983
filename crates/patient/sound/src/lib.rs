//! Ultrasound through tissue: echoes, speckle, attenuation, shadow.
