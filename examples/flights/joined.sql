-- Each flight with the weather of the hour before the one in which it was to leave: the last whole hour that was known by then.
SELECT
  f.time_hour,
  f.time_hour + to_minutes(f.minute) AS scheduled_at,
  make_date(f.year, f.month, f.day) AS date,
  f.origin, f.dest, f.carrier, f.flight, f.distance, f.sched_dep_time, f.sched_arr_time, f.dep_delay, f.arr_delay,
  w.temp, w.dewp, w.humid, w.wind_dir,
  CASE WHEN w.wind_speed < 200 THEN w.wind_speed END AS wind_speed,  -- one row says 1,048 mph
  w.precip, w.pressure, w.visib
FROM flights AS f
LEFT JOIN weather AS w ON w.origin = f.origin AND w.time_hour = f.time_hour - INTERVAL 1 HOUR
