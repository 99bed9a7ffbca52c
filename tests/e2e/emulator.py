#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""moto, made eventually consistent by snapshots of its whole state.

Every mutation changes moto at once; a read within the lag after it is answered
from the state as it was `--lag` earlier. With `--flap P` such a read sees the
present instead with probability P, as if replicas disagreed.

GET /_emulator/log answers what was asked so far: one object a call, with its
operation, the resource it names, access key id, SDK invocation id and whether
it was answered from the past.
GET /_emulator/set?lag=0.5&flap=0.5 changes the lag; POST /_emulator/reset
forgets the log and all state.
"""

import argparse
import copy
import io
import json
import random
import threading
import time
import urllib.parse

import moto.backends
import moto.secretsmanager.models
import moto.server
import moto.ssm.models
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from werkzeug.serving import make_server

SERVICES = ("ssm", "secretsmanager", "dynamodb", "logs")
NAMES = ("Name", "SecretId", "ResourceId", "Names")
READS = ("Get", "List", "Describe", "BatchGet", "Search")


def deepcopy_dictionary(self, memo):
    """moto's own dictionaries take arguments that copy.deepcopy lacks."""
    twin = type(self).__new__(type(self))
    memo[id(self)] = twin
    twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
    if hasattr(self, "default_factory"):
        twin.default_factory = self.default_factory
    for key, value in self.items():
        dict.__setitem__(twin, key, copy.deepcopy(value, memo))
    return twin


moto.ssm.models.ParameterDict.__deepcopy__ = deepcopy_dictionary
moto.secretsmanager.models.SecretsStore.__deepcopy__ = deepcopy_dictionary


# moto's Tagging API writes tags of few services; it reads those of ours too.
tag_others = ResourceGroupsTaggingAPIBackend.tag_resources
untag_others = ResourceGroupsTaggingAPIBackend.untag_resources


def parameter_name(backend, arn):
    name = arn.partition(":parameter")[2]
    known = backend.ssm_backend.get_parameter
    return name if known(name) else name[1:]


def tag_resources(self, resource_arns, tags):
    others = []
    for arn in resource_arns:
        if ":secretsmanager:" in arn:
            pairs = [{"Key": k, "Value": v} for k, v in tags.items()]
            self.secretsmanager_backend.tag_resource(arn, pairs)
        elif ":parameter/" in arn:
            name = parameter_name(self, arn)
            self.ssm_backend.add_tags_to_resource("Parameter", name, tags)
        else:
            others.append(arn)
    return tag_others(self, others, tags)


def untag_resources(self, resource_arn_list, tag_keys):
    others = []
    for arn in resource_arn_list:
        if ":secretsmanager:" in arn:
            self.secretsmanager_backend.untag_resource(arn, tag_keys)
        elif ":parameter/" in arn:
            name = parameter_name(self, arn)
            self.ssm_backend.remove_tags_from_resource("Parameter", name,
                                                       tag_keys)
        else:
            others.append(arn)
    return untag_others(self, others, tag_keys)


ResourceGroupsTaggingAPIBackend.tag_resources = tag_resources
ResourceGroupsTaggingAPIBackend.untag_resources = untag_resources


def each_backend():
    for service in SERVICES:
        for account in moto.backends.get_backend(service).values():
            yield from account.values()


def operation_of(environ):
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    return target.rsplit(".", 1)[-1]


def take_body(environ):
    """Reads the body and puts it back."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def resource_of(body):
    try:
        members = json.loads(body)
        return next((members[m] for m in NAMES if m in members), "")
    except (ValueError, TypeError):
        return ""


class Emulator:
    def __init__(self, lag, flap, seed):
        self.app = moto.server.DomainDispatcherApplication(
            moto.server.create_backend_app)
        self.lag = lag
        self.flap = flap
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.log = []
        self.past = []  # (time of the change, the state before it)

    def state(self):
        return [(b, copy.deepcopy(b.__dict__)) for b in each_backend()]

    def stale_state(self, now):
        """The state as a read sees it now; None for the present."""
        self.past = [p for p in self.past if p[0] > now - self.lag]
        if not self.past or self.random.random() < self.flap:
            return None
        return self.past[0][1]

    def control(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path.endswith("/set"):
            query = urllib.parse.parse_qs(environ["QUERY_STRING"])
            self.lag = float(query.get("lag", [self.lag])[0])
            self.flap = float(query.get("flap", [self.flap])[0])
        if path.endswith("/reset"):
            self.log.clear()
            self.past.clear()
            for backend in each_backend():
                backend.reset()
        body = json.dumps(self.log).encode()
        start_response("200 OK", [("Content-Type", "application/json"),
                                  ("Content-Length", str(len(body)))])
        return [body]

    def answer(self, environ, start_response):
        return list(self.app(environ, start_response))

    def answer_from(self, state, environ, start_response):
        present = [(b, dict(b.__dict__)) for b, _ in state]
        new = [b for b in each_backend() if all(b is not s for s, _ in state)]
        present += [(b, dict(b.__dict__)) for b in new]
        for backend, past in state:
            backend.__dict__.clear()
            backend.__dict__.update(copy.deepcopy(past))
        for backend in new:
            backend.reset()
        try:
            return self.answer(environ, start_response)
        finally:
            for backend, now in present:
                backend.__dict__.clear()
                backend.__dict__.update(now)

    def __call__(self, environ, start_response):
        with self.lock:
            if environ["PATH_INFO"].startswith("/_emulator/"):
                return self.control(environ, start_response)
            operation = operation_of(environ)
            credential = environ.get("HTTP_AUTHORIZATION", "")
            key = credential.partition("Credential=")[2].partition("/")[0]
            entry = {
                "operation": operation,
                "resource": resource_of(take_body(environ)),
                "client": key,
                "invocation": environ.get("HTTP_AMZ_SDK_INVOCATION_ID", ""),
                "stale": False,
            }
            self.log.append(entry)
            now = time.monotonic()
            if operation.startswith(READS):
                state = self.stale_state(now)
                if state is not None:
                    entry["stale"] = True
                    return self.answer_from(state, environ, start_response)
                return self.answer(environ, start_response)
            before = self.state()
            reply = self.answer(environ, start_response)
            self.past.append((time.monotonic(), before))
            return reply


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--lag", type=float, default=0.3, help="seconds")
    parser.add_argument("--flap", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    emulator = Emulator(options.lag, options.flap, options.seed)
    server = make_server("127.0.0.1", options.port, emulator, threaded=True)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
