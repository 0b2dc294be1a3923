"""A peer of the original's kind: Flask, a psycopg pool, JSON built by PostgreSQL the original's way.

Run by bench with: gunicorn -w 2 --threads 8 flask_app:app. It checks no token, limits nothing and
escapes nothing, so every difference is in its favour.
"""
import os

from flask import Flask, Response, request
from psycopg_pool import ConnectionPool

LIVES = {"30-days": "30 days", "7-days": "7 days", "1-hour": "1 hour"}
AUTHOR = os.environ["AUTHOR"]

HOME = """
SELECT COALESCE(array_to_json(array_agg(row_to_json(r))), '[]'::json)::text FROM (
  SELECT activities.uuid, users.display_name, users.handle, activities.message,
    activities.replies_count, activities.reposts_count, activities.likes_count,
    activities.reply_to_activity_uuid, activities.expires_at, activities.created_at
  FROM public.activities
  LEFT JOIN public.users ON users.uuid = activities.user_uuid
  WHERE activities.expires_at > now() AND activities.reply_to_activity_uuid IS NULL
  ORDER BY activities.uuid DESC
  LIMIT %s
) r"""

CREATE = """
WITH made AS (
  INSERT INTO public.activities (user_uuid, message, expires_at)
  VALUES (%s, %s, now() + %s::interval)
  RETURNING *
)
SELECT row_to_json(r)::text FROM (
  SELECT made.uuid, users.display_name, users.handle, made.message, made.created_at, made.expires_at
  FROM made INNER JOIN public.users ON users.uuid = made.user_uuid
) r"""

app = Flask(__name__)
pool = ConnectionPool(os.environ["CONNECTION_URL"], min_size=8, max_size=8)


def answer(sql, *params):
    with pool.connection() as conn:
        row = conn.execute(sql, params).fetchone()
    return Response(row[0], mimetype="application/json")


@app.get("/api/activities/home")
def home():
    return answer(HOME, min(int(request.args.get("limit", 20)), 100))


@app.post("/api/activities")
def create():
    body = request.get_json()
    return answer(CREATE, AUTHOR, body["message"], LIVES[body["ttl"]])
