"""The web process put together: the application, the wall's panels, and the sources that may push."""

from __future__ import annotations

from dashboard.panels import wall_layout
from dashboard.settings import read_settings
from dashboard.web import App, create_app
from domain.campaign import load_campaign
from ingest.configured import load_pushed_sources
from store.engine import open_store
from store.migrations import migrate


def app_from_env() -> App:
    """One uvicorn worker's application, from the environment alone. Raises ConfigError."""
    settings = read_settings()
    engine = open_store(settings.database_url)
    migrate(engine)
    campaign = load_campaign(settings.campaign)
    pushing = load_pushed_sources(settings.sources, settings.environ, clock=settings.clock.now)
    hooks = {source.id: source.accept for source in pushing}
    return create_app(settings, engine, settings.clock, campaign, wall_layout=wall_layout, hooks=hooks)
