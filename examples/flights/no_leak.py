"""Shows that no feature of a flight is made of what happened after the hour began in which it was to leave.

    python no_leak.py data joined.sql features.sql

For some hours, everything that was not known yet is falsified: who left when, who arrived when, the weather. The features of
all flights up to that hour must stay the same to the last digit; those of the hour after must not, or this would show nothing.
"""

import sys
from pathlib import Path

import duckdb

# A snow storm, a thunderstorm, the hour that came twice when summer time ended, a day of ice.
HOURS = ["2013-02-08 20:00:00+00", "2013-06-24 19:00:00+00", "2013-11-03 05:00:00+00", "2013-12-10 14:00:00+00"]


def falsified(data: Path, hour: str) -> tuple[str, str]:
    """Flights and weather as they could be told at `hour`, with anything at all in place of what came after."""
    had_left = f"time_hour + to_minutes(minute) + to_minutes(dep_delay) < '{hour}'"
    # Who had not left by then leaves some time later, those included that never did.
    leaves_later = f"greatest(999, date_diff('minute', time_hour, TIMESTAMPTZ '{hour}') + 30)"
    flights = f"""
        SELECT * REPLACE (
          CASE WHEN {had_left} THEN dep_delay ELSE {leaves_later} END AS dep_delay,
          4444 AS arr_delay, 1 AS dep_time, 1 AS arr_time, 1 AS air_time, 'N1' AS tailnum
        )
        FROM '{data}/flights.parquet'"""
    weather = f"""
        FROM '{data}/weather.parquet' WHERE time_hour < '{hour}'
        UNION ALL BY NAME
        SELECT * REPLACE (-99.0 AS temp, 99.0 AS precip, 99.0 AS wind_speed, 0.0 AS visib, 9.0 AS pressure)
        FROM '{data}/weather.parquet' WHERE time_hour >= '{hour}'"""
    return flights, weather


def main(data: Path, joined: str, features: str) -> None:
    database = duckdb.connect()
    database.execute("SET enable_progress_bar = false")
    # The label is what is predicted, and flights without one are left out; here all features of all flights are compared.
    columns = features.replace("(j.arr_delay > 15)::INTEGER AS late", "j.time_hour, j.flight")
    columns = columns.replace("WHERE j.arr_delay IS NOT NULL", "")
    assert columns.count("j.time_hour, j.flight") == 1 and "arr_delay" not in columns, "features.sql uses arr_delay elsewhere"

    def make(name: str, flights: str, weather: str, zone: str = "UTC") -> None:
        database.execute(f"SET TimeZone = '{zone}'")
        database.execute(f"CREATE OR REPLACE VIEW flights AS {flights}")
        database.execute(f"CREATE OR REPLACE VIEW weather AS {weather}")
        database.execute(f"CREATE OR REPLACE TABLE joined AS {joined}")
        database.execute(f"CREATE OR REPLACE TABLE {name} AS {columns}")

    def count(query: str) -> int:
        return database.sql(f"SELECT count(*) FROM ({query})").fetchall()[0][0]

    as_it_was = (f"FROM '{data}/flights.parquet'", f"FROM '{data}/weather.parquet'")
    make("known", *as_it_was)
    make("elsewhere", *as_it_was, zone="Asia/Kolkata")  # half an hour apart from every hour of New York
    assert count("FROM known EXCEPT ALL FROM elsewhere") == 0, "the time zone of the session changes the features"
    for hour in HOURS:
        make("guessed", *falsified(data, hour))
        until = f"WHERE time_hour <= '{hour}'"
        rows = count(f"FROM known {until}")
        leaks = count(f"FROM known {until} EXCEPT ALL FROM guessed {until}")
        after = f"WHERE time_hour > '{hour}' AND time_hour < TIMESTAMPTZ '{hour}' + INTERVAL 12 HOUR"
        noticed = count(f"FROM known {after} EXCEPT ALL FROM guessed {after}")
        print(f"{hour}: {leaks} of {rows:,} flights up to then differ, {noticed} of the 12 hours after")
        assert leaks == 0 and noticed > 0


if __name__ == "__main__":
    folder, joined_file, features_file = map(Path, sys.argv[1:])
    main(folder, joined_file.read_text(), features_file.read_text())
