"""Reading ``class Config`` from the user's ``config.py``, and ``TFM_<SETTING>`` from the environment."""

from tfm.config.loading import default_config_file, load_settings

__all__ = ["default_config_file", "load_settings"]
