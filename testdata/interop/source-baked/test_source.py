"""The standard tests of Airbyte's CDK, as it runs them against an image. A
stand-in for docker (stand-in/docker) runs the binary in its place.

GOOD_CONFIG is a config that works and BAD_CONFIG one whose API does not
answer; TAP_REST_SOURCE names the definition, as in an image with one baked in.
"""

import os
import pathlib

import pytest
from airbyte_cdk.test.standard_tests.docker_base import DockerConnectorTestSuite
from boltons.typeutils import classproperty


class TestBaked(DockerConnectorTestSuite):
    @classmethod
    def get_connector_root_dir(cls):
        return pathlib.Path(__file__).parent

    @pytest.mark.skip(reason="compares with a registry on the internet")
    def test_docker_image_spec_backward_compatibility(self):
        pass

    @classproperty
    def acceptance_test_config(cls):
        ok, bad = os.environ["GOOD_CONFIG"], os.environ["BAD_CONFIG"]
        return {
            "acceptance_tests": {
                "spec": {"tests": [{"config_path": ok}]},
                "connection": {"tests": [{"config_path": ok, "status": "succeed"}, {"config_path": bad, "status": "failed"}]},
                "discovery": {"tests": [{"config_path": ok}]},
                "basic_read": {"tests": [{"config_path": ok}]},
            }
        }
