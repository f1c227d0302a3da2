-- What is known of a flight when the hour begins in which it is to leave (time_hour), and whether it arrived late.
-- Of flights before it, only that is used which had happened by then: who had left, how late, and who was still waiting.
WITH departures AS (
  SELECT origin, carrier, dep_delay, scheduled_at, scheduled_at + to_minutes(dep_delay) AS departed_at FROM joined
),
planned AS (
  SELECT origin, time_hour, count(*) AS departures_planned FROM joined GROUP BY ALL
),
carrier_departed AS (  -- in the two hours that end when time_hour begins
  SELECT origin, carrier, time_bucket(INTERVAL 1 HOUR, departed_at) + to_hours(later) AS time_hour,
    count(*) AS flights, sum(dep_delay) AS minutes, count(*) FILTER (dep_delay > 15) AS late
  FROM departures, unnest([1, 2]) AS t(later)
  WHERE departed_at IS NOT NULL
  GROUP BY ALL
),
carrier_overdue AS (  -- due more than a quarter of an hour before time_hour begins, and not gone when it does
  SELECT origin, carrier, time_hour, count(*) AS flights
  FROM (
    SELECT origin, carrier, departed_at,
      time_bucket(INTERVAL 1 HOUR, scheduled_at + INTERVAL 15 MINUTE) + to_hours(later) AS time_hour
    FROM departures, unnest([1, 2, 3, 4, 5, 6]) AS t(later)
  )
  WHERE departed_at IS NULL OR departed_at >= time_hour
  GROUP BY ALL
),
departed AS (
  SELECT origin, time_hour, sum(minutes) / sum(flights) AS mean_delay_2h, sum(late) / sum(flights) AS late_share_2h
  FROM carrier_departed GROUP BY ALL
),
overdue AS (
  SELECT origin, time_hour, sum(flights) AS flights FROM carrier_overdue GROUP BY ALL
)
SELECT
  j.scheduled_at, (j.arr_delay > 15)::INTEGER AS late,
  j.origin, j.dest, j.carrier, j.distance,
  j.sched_dep_time // 100 * 60 + j.sched_dep_time % 100 AS departure_minute,
  j.sched_arr_time // 100 * 60 + j.sched_arr_time % 100 AS arrival_minute,
  isodow(j.date)::INTEGER AS weekday,
  j.temp, j.dewp, j.humid, j.wind_dir, j.wind_speed, j.precip, j.pressure, j.visib,
  p.departures_planned::INTEGER AS departures_planned,
  d.mean_delay_2h, d.late_share_2h, coalesce(o.flights, 0)::INTEGER AS overdue,
  cd.minutes / cd.flights AS carrier_mean_delay_2h, coalesce(co.flights, 0)::INTEGER AS carrier_overdue
FROM joined AS j
JOIN planned AS p USING (origin, time_hour)
LEFT JOIN departed AS d USING (origin, time_hour)
LEFT JOIN overdue AS o USING (origin, time_hour)
LEFT JOIN carrier_departed AS cd USING (origin, carrier, time_hour)
LEFT JOIN carrier_overdue AS co USING (origin, carrier, time_hour)
WHERE j.arr_delay IS NOT NULL
ORDER BY j.scheduled_at, j.carrier, j.flight, j.origin
