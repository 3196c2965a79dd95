"""S3 and what speaks like it, on botocore, which is imported when a client is first made."""

from tfm.backends.s3.backend import S3Backend, S3BackendFactory

__all__ = ["S3Backend", "S3BackendFactory"]
