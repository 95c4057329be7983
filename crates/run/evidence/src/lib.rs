//! Reports from stored records alone.
