"""Asks whether a domain vouches for a certificate, with the client that was generated as posh_openapi."""

import os
import sys

import posh_openapi


def is_vouched_for(url, key, domain, certificate):
    configuration = posh_openapi.Configuration(host=url)
    configuration.access_token = key
    question = posh_openapi.Question(domain=domain, service="xmpp-server", certificate=certificate)
    with posh_openapi.ApiClient(configuration) as client:
        verification = posh_openapi.VerificationApi(client)
        return verification.verification_verify(question, _request_timeout=15)


if __name__ == "__main__":
    url, domain, file = sys.argv[1:]
    with open(file) as opened:
        certificate = opened.read()
    try:
        answer = is_vouched_for(url, os.environ.get("KEY", ""), domain, certificate)
    except posh_openapi.ApiException as problem:
        sys.exit(f"no verdict: {problem.status}")
    print(answer.code)
    sys.exit(0 if answer.valid else 1)
