-- What became of one try. A lease that has run out meanwhile may be another worker's now: then only success is still
-- noted, since it was one.
UPDATE delivery_email
SET status = %(status)s,
    tries = tries + 1,
    last_error = %(error)s,
    next_at = CASE WHEN %(status)s = 'Waiting' THEN now() + make_interval(secs => %(pause)s::float8) END,
    sent_at = CASE WHEN %(status)s = 'Sent' THEN now() ELSE sent_at END,
    ended_at = CASE WHEN %(status)s <> 'Waiting' THEN now() END
WHERE id = %(id)s
    AND (
        (status = 'Waiting' AND next_at = %(lease)s::timestamptz)
        OR (status IN ('Waiting', 'Kept') AND %(status)s = 'Sent')
    )
