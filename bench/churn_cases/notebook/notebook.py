# /// script
# requires-python = ">=3.10"
# dependencies = ["polars>=1", "altair>=5", "jupyterlab>=4", "pandas>=2"]
# ///
print("hello")
