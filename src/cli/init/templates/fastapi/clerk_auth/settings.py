"""The configuration, from the environment and from `.env`. A mistake in it ends the program at its start."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What `.env.example` names, in small letters."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    # It names the instance, and with it the issuer and the address of the keys.
    clerk_publishable_key: str = ""
    # The origins that tokens may be made for (`azp`), with spaces between them; their pages may also read the answers.
    clerk_authorized_parties: str = ""
    # The instance's public key: with it nothing is fetched.
    clerk_jwt_key: str = ""
    # Several, with spaces between them, while they rotate. Without one, every delivery is refused.
    clerk_webhook_signing_secret: str = ""
    # Behind a gateway: where its keys are, and this server's https://host:port as the gateway's route has it.
    clerk_edge_keys_url: str = ""
    clerk_edge_audience: str = ""
