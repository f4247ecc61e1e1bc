"""Settings: read once from the environment (BRANDSTUDIO_*), then passed on."""

import os
import re
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from brandstudio.errors import StudioError
from brandstudio.shipped import LORA_WEIGHTS, PRESETS

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_CLUSTER = re.compile(r"ray://(?P<host>[^\s/:]+|\[[0-9a-f:]+\]):(?P<port>\d{1,5})")
_LOOPBACK = re.compile(r"localhost|127\..*|\[::1\]")


def _data_home() -> Path:
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "brandstudio"


class SettingsError(StudioError):
    """An environment variable holds something the studio cannot use."""

    hint = "Correct or unset the variable, then start again."


class NoTlsError(StudioError):
    """The studio would listen to the network while browsers speak plain http to it."""

    hint = (
        "Put a proxy with TLS in front and set BRANDSTUDIO_PUBLIC_URL=https://…, or leave out "
        "--host to serve this machine alone. In a container that only its own machine reaches: "
        "BRANDSTUDIO_PUBLIC_URL=http://localhost:7860."
    )

    def __init__(self, address: str) -> None:
        super().__init__(
            f"{address} is open to the network without TLS: passwords could be read on the way"
        )


class Settings(BaseSettings):
    """Where things are and what is allowed; each field is BRANDSTUDIO_<NAME> outside."""

    model_config = SettingsConfigDict(env_prefix="BRANDSTUDIO_", frozen=True, extra="ignore")

    data_dir: Path = Field(default_factory=_data_home, description="Where everything is kept")
    database_url: str = Field(
        default="",
        description="postgresql://… ; unless set, a SQLite file in the data folder is used",
    )
    blobs: str = Field(
        default="",
        description="Where images are kept, file:///folder or s3://bucket/prefix; "
        "unless set, in the data folder",
    )
    reserve_gb: float = Field(
        default=2.0, ge=0, description="Drawing pauses when less than so many GB of disk are free"
    )
    reserve_percent: float = Field(
        default=5.0, ge=0, le=50, description="The same in percent; the smaller of the two counts"
    )
    keep_rejected_days: int = Field(
        default=0,
        ge=0,
        description="Rejected images are deleted after so many days; 0 keeps them for ever",
    )
    upkeep_hour: int = Field(
        default=3, ge=0, le=23, description="When stored files are looked after, by the hour in UTC"
    )
    queue_alarm_minutes: int = Field(
        default=60,
        ge=1,
        description="When the oldest image has waited so long, the queue's light turns red",
    )
    log: Literal["text", "json"] = Field(
        default="text", description="How log lines are written: text or json"
    )
    presets_dir: Path = Field(
        default=PRESETS, description="Brands, templates, layouts and placements"
    )
    lora_dir: Path = Field(default=LORA_WEIGHTS, description="The adapters that brands lock")
    base_model: str = Field(default="house", description="The base model that new runs use")
    engine: str = Field(
        default="local", description="Where workers run: local, ray:local or ray://host:port"
    )
    ray_workers: int = Field(default=1, ge=1, le=1024, description="Workers kept on a Ray cluster")
    ray_gpus: float | None = Field(
        default=None,
        ge=0,
        description="Graphics cards for each worker on Ray; unless set, 1 where there is one",
    )
    device: str = Field(
        default="auto", description="What workers draw on: auto, cpu, cuda, cuda:1 or mps"
    )
    dtype: str = Field(
        default="auto", description="How precisely: auto, float32, float16 or bfloat16"
    )
    host: str = Field(default="127.0.0.1", description="The address that the web server listens on")
    port: int = Field(
        default=7860, ge=1, le=65535, description="The port that the web server listens on"
    )
    public_url: str = Field(
        default="",
        description="Where people reach the studio, https://…, when a proxy stands in front",
    )
    proxies: str = Field(
        default="127.0.0.1, ::1",
        description="Addresses of the proxy; behind BRANDSTUDIO_PUBLIC_URL it tells who asks",
    )
    max_variants: int = Field(default=64, ge=1, description="Variants that one brief may ask for")
    queue_cap: int = Field(default=10_000, ge=1, description="Images that may wait to be drawn")
    daily_quota: int = Field(
        default=500, ge=0, description="Images that one person may ask for each day; 0 for no limit"
    )
    step_timeout_s: float = Field(
        default=120.0, gt=0, description="After so many seconds a drawing step counts as hanging"
    )
    load_timeout_s: float = Field(
        default=900.0,
        gt=0,
        description="After so many seconds loading, decoding or scoring counts as hanging",
    )
    session_hours: int = Field(
        default=12, ge=1, description="After so many hours everyone signs in again"
    )
    session_idle_minutes: int = Field(
        default=30, ge=1, description="A session that was unused for so many minutes ends"
    )
    proxy_header: str = Field(
        default="", description="The header in which a trusted proxy names who is signed in"
    )
    oidc_issuer: str = Field(
        default="", description="The https://… address of the OpenID provider people sign in at"
    )
    oidc_client_id: str = Field(default="", description="What the provider knows the studio as")
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""), description="What the studio proves itself with to the provider"
    )
    oidc_name: str = Field(
        default="single sign-on", description="What the sign-in page calls the provider"
    )
    oidc_new_people: bool = Field(
        default=False,
        description="Whether the provider's people come in without an invitation, with no role yet",
    )

    @field_validator("engine")
    @classmethod
    def _is_an_engine(cls, engine: str) -> str:
        cluster = _CLUSTER.fullmatch(engine)
        if cluster and _LOOPBACK.fullmatch(cluster["host"]):
            raise ValueError("a cluster needs its network address; one machine is 'ray:local'")
        if not cluster and engine not in {"local", "ray:local"}:
            raise ValueError(f"'{engine}' is not one of local, ray:local and ray://host:port")
        return engine

    @field_validator("oidc_issuer")
    @classmethod
    def _is_safe(cls, issuer: str) -> str:
        there = urlsplit(issuer)
        if issuer and there.scheme != "https" and there.hostname not in LOOPBACK:
            raise ValueError("an OpenID provider on another machine must be reached by https://")
        return issuer.rstrip("/")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        is_named = "proxies" in self.model_fields_set and self.trusted_proxies
        if self.proxy_header and not is_named:
            raise ValueError(
                "BRANDSTUDIO_PROXY_HEADER needs BRANDSTUDIO_PUBLIC_URL and BRANDSTUDIO_PROXIES: "
                "without the proxy's addresses anybody could say who they are"
            )
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("BRANDSTUDIO_OIDC_ISSUER needs BRANDSTUDIO_OIDC_CLIENT_ID")
        return self

    @property
    def trusted_proxies(self) -> frozenset[str]:
        """Whose word is taken for where a request came from; nobody's without a public address."""
        listed = {address.strip() for address in self.proxies.split(",")} - {""}
        return frozenset(listed) if self.public_url else frozenset()

    @property
    def is_open_without_tls(self) -> bool:
        """Whether other machines reach the studio while browsers speak plain http to it."""
        if self.host in LOOPBACK or self.public_url.startswith("https://"):
            return False
        # A container or a tunnel listens everywhere and is reached from its own machine alone.
        return urlsplit(self.public_url).hostname not in LOOPBACK

    @property
    def uses_ray(self) -> bool:
        """Whether workers are kept by Ray, on this machine or on a cluster."""
        return self.engine != "local"

    @property
    def ray_address(self) -> str:
        """`host:port` of the cluster's head; empty on a cluster of this machine alone."""
        return self.engine.removeprefix("ray://") if self.engine.startswith("ray://") else ""

    @property
    def database(self) -> str:
        """The database URL; a SQLite file in the data folder unless one is given."""
        return self.database_url or f"sqlite:///{self.data_dir / 'studio.db'}"


def read_settings() -> Settings:
    """The settings of this process, or SettingsError naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        fault = error.errors()[0]
        reason = fault["msg"].removeprefix("Value error, ")
        # What is wrong between two settings names them itself.
        place = f"BRANDSTUDIO_{str(fault['loc'][0]).upper()}: " if fault["loc"] else ""
        raise SettingsError(f"{place}{reason}") from error


def go_offline() -> None:
    """Switch off telemetry and hub access; must run before gradio, transformers or diffusers load.

    An administrator who wants the studio to download a big model sets HF_HUB_OFFLINE=0.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)


_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DIFFUSERS_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SHARE": "False",
    "GRADIO_MCP_SERVER": "False",
    "GRADIO_SSR_MODE": "False",
    "TOKENIZERS_PARALLELISM": "false",
}
