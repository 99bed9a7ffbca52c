# SPDX-License-Identifier: Apache-2.0
"""TLS on the side of the clients (--tls-cert, --tls-key): real clients that
check the certificate, and files that will not do.
"""

import ssl

import botocore.config
import botocore.exceptions
from authority import Authority
from harness import REGION, Settled, check, check_equal, eventually
from limits import MIB
from wire import Ask, read_answer

OWN = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
# libmicrohttpd forgets to free a certificate whose key does not fit.
LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}


class Files:
    def __init__(self, kit):
        authority = Authority(kit.path("tls"), "clients")
        self.authority = authority.bundle
        self.certificate, self.key = authority.certificate()
        self.options = ("--tls-cert", self.certificate, "--tls-key", self.key)


def files(kit):
    return kit.shared("certificates", lambda: Files(kit))


class SecureSettled(Settled):
    def wait_for_address(self, text=None):
        def look():
            check(self.process.poll() is None, f"it ended: {self.errors()}")
            return "export SETTLED_PID=" in self.output()
        eventually(look, "settled to listen", 60)
        return self


def start(kit, *options):
    return kit.start(SecureSettled, [
        kit.settled, "serve", "--upstream", kit.plain().url,
        *files(kit).options, *options], "settled",
        **OWN).wait_for_exports()


def settled(kit):
    return kit.shared("settled with TLS", lambda: start(kit))


def client(kit, service, server, verify):
    with kit.session_lock:
        return kit.session.create_client(
            service, region_name=REGION, endpoint_url=server.url,
            verify=str(verify), aws_access_key_id=server.key,
            aws_secret_access_key=server.secret,
            config=botocore.config.Config(
                retries={"mode": "standard", "total_max_attempts": 1}))


# ---- clients ----

def test_boto3(kit):
    server = settled(kit)
    check(server.url.startswith("https://127.0.0.1:"), server.url)
    check(f"# settled: listening on {server.url}\n" in server.output(),
          server.output())
    ssm = client(kit, "ssm", server, files(kit).authority)
    name = f"/tls/{kit.number()}"
    answer = ssm.put_parameter(Name=name, Value="one", Type="String")
    check_equal(answer["ResponseMetadata"]["HTTPHeaders"]
                ["x-settled-outcome"], "settled", "outcome")
    check_equal(ssm.get_parameter(Name=name)["Parameter"]["Value"], "one",
                "value")


def test_boto3_streams(kit):
    s3 = client(kit, "s3", settled(kit), files(kit).authority)
    s3.create_bucket(Bucket="tls", CreateBucketConfiguration={
        "LocationConstraint": REGION})
    body = bytes(range(256)) * 4 * 4096
    s3.put_object(Bucket="tls", Key="k", Body=body)
    check(s3.get_object(Bucket="tls", Key="k")["Body"].read() == body,
          "it came back changed")
    check_equal(len(body), 4 * MIB, "length")


def test_a_stranger_is_not_trusted(kit):
    ssm = client(kit, "ssm", settled(kit), Files(kit).authority)
    try:
        ssm.describe_parameters()
        check(False, "another authority was good enough")
    except botocore.exceptions.SSLError:
        pass


def test_aws_cli(kit):
    done = kit.aws(settled(kit), "sts", "get-caller-identity",
                   AWS_CA_BUNDLE=str(files(kit).authority))
    check_equal(done.returncode, 0, done.stderr)


def test_exec(kit):
    """The command's own environment has to name the authority."""
    done = kit.run_settled(
        "exec", "--upstream", kit.plain().url, *files(kit).options, "--",
        kit.python, "-m", "awscli", "sts", "get-caller-identity",
        environment=dict(OWN, AWS_CA_BUNDLE=str(files(kit).authority)))
    check_equal(done.returncode, 0, done.stderr)
    check("123456789012" in done.stdout, done.stdout)


def handshake(server, **versions):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(server.authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    for name, version in versions.items():
        setattr(context, name, version)
    raw = server.connect()
    return context.wrap_socket(raw, server_hostname="127.0.0.1")


def test_old_versions_are_refused(kit):
    server = settled(kit)
    server.authority = files(kit).authority
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        try:
            with handshake(server, minimum_version=version,
                           maximum_version=version) as connection:
                check(False, f"{connection.version()} was spoken")
        except (ssl.SSLError, ConnectionError):
            pass
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with handshake(server, minimum_version=version,
                       maximum_version=version) as connection:
            ask = Ask(server).sign()
            connection.sendall(ask.head() + ask.body)
            check_equal(read_answer(connection.makefile("rb")).status, 400,
                        connection.version())


def test_a_drip_is_not_waited_for(kit):
    """Under TLS there is no word of it, but the end comes as well."""
    server = start(kit, "--head-timeout", "4s")
    server.authority = files(kit).authority
    with handshake(server) as slow, server.connect() as silent:
        slow.sendall(b"POST / HTTP/1.1\r\nHo")
        check_equal(slow.recv(100), b"", "what a slow one gets")
        check_equal(silent.recv(100), b"", "what a silent one gets")
    check_equal(server.end(), 0, "exit status")


def test_plain_text_to_the_tls_port(kit):
    server = settled(kit)
    with server.connect() as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        check(b"HTTP/1.1" not in plain.recv(1000), "it was answered")


# ---- files that will not do ----

def check_refused(kit, status, words, *options):
    done = kit.run_settled("serve", "--upstream", "http://127.0.0.1:9",
                           *options, environment=dict(OWN, **LEAKS))
    check_equal(done.returncode, status, done.stdout + done.stderr)
    check(words in done.stderr, f"no {words!r} in {done.stderr!r}")
    check("PRIVATE" not in done.stderr, "the key is in the message")


def test_bad_files(kit):
    good, other = files(kit), Files(kit)
    junk, nothing = kit.path("junk.pem"), kit.path("none.pem")
    junk.write_text("-----BEGIN CERTIFICATE-----\nPRIVATE\n-----END CERT")
    unusable = "not usable"
    for certificate, key, status, words in (
            (nothing, good.key, 1, str(nothing)),
            (good.certificate, nothing, 1, str(nothing)),
            (junk, good.key, 1, unusable),
            (good.certificate, junk, 1, unusable),
            (good.key, good.certificate, 1, unusable),
            (good.certificate, other.key, 1, unusable)):
        check_refused(kit, status, words, "--tls-cert", certificate,
                      "--tls-key", key)
    for option in (("--tls-cert", good.certificate), ("--tls-key", good.key)):
        check_refused(kit, 2, "go together", *option)


def test_beyond_loopback_wants_tls(kit):
    check_refused(kit, 2, "--tls-cert", "--listen", "0.0.0.0:0")
    server = start(kit, "--listen", "0.0.0.0:0")
    ssm = client(kit, "ssm", server, files(kit).authority)
    check(ssm.describe_parameters()["Parameters"] is not None, "an answer")
