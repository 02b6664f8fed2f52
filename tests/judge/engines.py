"""The SQL engines that the judge asks: each makes tables of the lake's Parquet files and runs the files of infra/lake/sql on them, unchanged.

What an engine needs beyond those files, its dialect, stands here and in infra/lake/sql/README.md. No rule of the factory is known here.
"""

import tempfile


def statements(text):
    """The statements of a file; none of ours has a semicolon inside."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]


class DuckDb:
    """DuckDB in this process."""

    def __init__(self):
        import duckdb

        self.connection = duckdb.connect()
        self.execute("CREATE SCHEMA staging")
        self.execute("CREATE MACRO regexp_like(said, pattern) AS regexp_matches(said, pattern)")
        self.execute("CREATE MACRO array_join(list, separator) AS array_to_string(list, separator)")
        self.execute("CREATE MACRO json_extract_scalar(said, path) AS json_extract_string(said, path)")
        # Its sha256 takes a text and gives one in hexadecimal digits.
        self.execute("CREATE MACRO to_utf8(said) AS said")
        self.execute("CREATE MACRO to_hex(said) AS said")

    def execute(self, sql):
        self.connection.execute(sql)

    def table(self, name, folder, empty):
        """Makes a table of a folder of Parquet files; `empty` is the statement that makes it where there is none."""
        self.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{folder}/*/part.parquet', hive_partitioning = false)" if folder else empty)

    def parquet(self, file):
        """A Parquet file as a query names it."""
        return f"read_parquet('{file}')"

    def model(self, view):
        """Makes a view of infra/lake/sql: here a table, so that the views on top of it do not compute it again."""
        self.execute(view.replace("CREATE OR REPLACE VIEW", "CREATE TABLE", 1))

    def rows(self, sql):
        """The names of a query's columns, and its rows."""
        answer = self.connection.execute(sql)
        return [column[0] for column in answer.description], answer.fetchall()

    def files(self, files):
        """The same of Parquet files."""
        return self.rows(f"SELECT * FROM read_parquet({[str(file) for file in files]}, hive_partitioning = false)")


class Spark:
    """Spark in a Java machine on this computer."""

    def __init__(self):
        from pyspark.sql import SparkSession

        self.folder = tempfile.TemporaryDirectory()
        settings = {
            "spark.sql.warehouse.dir": self.folder.name,
            # Times of the lake have no zone.
            "spark.sql.timestampType": "TIMESTAMP_NTZ",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.ansi.enabled": "true",
            "spark.sql.ansi.doubleQuotedIdentifiers": "true",
            # For small data on one computer.
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.default.parallelism": "2",
            "spark.sql.catalogImplementation": "in-memory",
            "spark.log.level": "ERROR",
        }
        builder = SparkSession.builder.master("local[2]").appName("judge")
        for name, value in settings.items():
            builder = builder.config(name, value)
        self.session = builder.getOrCreate()
        self.execute("CREATE SCHEMA staging")
        self.execute("CREATE TEMPORARY FUNCTION json_extract_scalar(said STRING, path STRING) RETURNS STRING RETURN get_json_object(said, path)")
        self.execute("CREATE TEMPORARY FUNCTION to_utf8(said STRING) RETURNS STRING RETURN said")
        self.execute("CREATE TEMPORARY FUNCTION sha256(said STRING) RETURNS STRING RETURN sha2(said, 256)")
        self.execute("CREATE TEMPORARY FUNCTION to_hex(said STRING) RETURNS STRING RETURN said")

    def execute(self, sql):
        self.session.sql(sql)

    def table(self, name, folder, empty):
        if folder:
            self.execute(f"CREATE TABLE {name} USING PARQUET OPTIONS (path '{folder}', recursiveFileLookup 'true')")
        else:
            self.execute(empty.replace("VARCHAR", "STRING") + " USING PARQUET")

    def parquet(self, file):
        return f"parquet.`{file}`"

    def model(self, view):
        _, name = view.split(" AS", 1)[0].rsplit(" ", 1)
        self.execute(view.replace(f"CREATE OR REPLACE VIEW {name} AS", f"CREATE TABLE {name} USING PARQUET AS", 1))

    def rows(self, sql):
        answer = self.session.sql(sql)
        return answer.columns, [tuple(row) for row in answer.collect()]

    def files(self, files):
        answer = self.session.read.parquet(*[str(file) for file in files])
        return answer.columns, [tuple(row) for row in answer.collect()]


ENGINES = {"duckdb": DuckDb, "spark": Spark}
