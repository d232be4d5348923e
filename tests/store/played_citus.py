"""A PostgreSQL that plays Citus, as far as our migration speaks to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg.errors import InsufficientPrivilege

from store.engine import open_store, write
from store.migrations import citus
from tests.postgres import Server

_CITUS = """
SET allow_system_table_mods = on;
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
  VALUES (99999, 'citus', 10, 'pg_catalog'::regnamespace, false, '13.2');
CREATE TABLE pg_dist_partition (logicalrelid regclass PRIMARY KEY, partmethod char, beside regclass);
CREATE FUNCTION create_distributed_table(
  table_name regclass, distribution_column text, distribution_type text DEFAULT 'hash',
  colocate_with text DEFAULT 'default'
) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = table_name) THEN
    RAISE 'table "%" is already distributed', table_name; END IF;
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = table_name AND attname = distribution_column) THEN
    RAISE 'column "%" of "%" does not exist', distribution_column, table_name; END IF;
  IF colocate_with <> 'none' AND NOT EXISTS (
    SELECT FROM pg_dist_partition WHERE logicalrelid = colocate_with::regclass AND partmethod = 'h'
  ) THEN RAISE 'relation % is not distributed', colocate_with; END IF;
  IF colocate_with <> 'none' AND 1 < (
    SELECT count(DISTINCT attcollation) FROM pg_attribute
    WHERE attrelid IN (table_name, colocate_with::regclass) AND attname = distribution_column
  ) THEN RAISE 'Distribution column collations don''t match for % and %', colocate_with, table_name; END IF;
  INSERT INTO pg_dist_partition
    SELECT table_name, 'h', CASE WHEN colocate_with <> 'none' THEN colocate_with::regclass END;
END $$;
CREATE FUNCTION create_reference_table(table_name regclass) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO pg_dist_partition VALUES (table_name, 'n');
END $$;
CREATE FUNCTION forget_dropped() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
  DELETE FROM pg_dist_partition WHERE logicalrelid IN (
    SELECT objid FROM pg_event_trigger_dropped_objects() WHERE objsubid = 0  -- else a column went, not its table
  );
END $$;
CREATE EVENT TRIGGER forget_dropped ON sql_drop EXECUTE FUNCTION forget_dropped();
RESET allow_system_table_mods;
"""
"""As much of Citus as our migration speaks to, in its own words: it refuses what Citus refuses."""


@pytest.fixture
def citus_url(postgres_server: Server) -> Iterator[str]:
    """A server that takes itself for Citus, without any table of ours."""
    with postgres_server.database() as url:
        engine = open_store(url)
        with write(engine) as conn:
            if citus.is_citus(conn):
                pytest.skip("this server has the real one")
            try:
                with conn.connection.cursor() as cursor:
                    cursor.execute(_CITUS)
            except InsufficientPrivilege as refused:
                pytest.skip(f"this server lets nobody play Citus: {refused}")
        engine.dispose()
        yield url
