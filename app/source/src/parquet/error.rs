use parquet::errors::ParquetError;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("the file cannot be opened ({0}): check its permissions")]
    Open(std::io::Error),
    #[error(
        "it is not a whole Parquet file ({0}): its writer has not finished, or it was cut off; it is read \
         again when it changes"
    )]
    Footer(ParquetError),
    #[error("its columns are not those of a log any more: open the file again")]
    Layout,
    #[error("the rows are damaged ({0}): write the file again")]
    Rows(ParquetError),
    #[error("it is compressed with {0}, which is not read: save it with Zstandard, Snappy or gzip")]
    Compression(&'static str),
    #[error("the file is damaged: write it again")]
    Damaged,
    #[error("{0} rows in a file of {1} bytes are not plausible: write the file again")]
    Size(u64, u64),
}
