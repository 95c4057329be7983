//! Tables on disk: Arrow schemas with units and Parquet files.
