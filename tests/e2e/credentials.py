# SPDX-License-Identifier: Apache-2.0
"""settled's own credentials, by the SDKs' chain.

The upstream is a moto that checks signatures; a call that succeeds through
settled proves that the key was found, and sts tells which one it is.
"""

import datetime
import http.server
import json
import threading

import botocore.exceptions
from harness import KEY, REGION, SECRET, check, check_equal, eventually
from signing import ROLE, strict

NONE = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


def until_answered(ask):
    """The metadata service has a second to answer, and on a busy machine needs
    more: then a call is told that there are none, and the next one asks."""
    def look():
        try:
            return ask()
        except botocore.exceptions.ClientError as error:
            check_equal(error.response["Error"]["Code"], "NoCredentials",
                        "code")
            return None
    return eventually(look, "credentials")


def caller(kit, *options, upstream=None, through=lambda ask: ask(),
           **environment):
    """Who settled is, to the service behind it."""
    server = kit.start_settled(upstream or strict(kit).moto, *options,
                               **{**NONE, **environment})
    sts = kit.client("sts", server)
    arn = through(lambda: sts.get_caller_identity()["Arn"])
    kit.client("ssm", server).put_parameter(
        Name=f"/credentials/{kit.number()}", Value="x", Type="String")
    server.end()
    return arn


def user_file(kit, name="default", **more):
    """A credentials file with the user's key."""
    file = kit.path("credentials")
    lines = [f"[{name}]", f"aws_access_key_id = {strict(kit).key}",
             f"aws_secret_access_key={strict(kit).secret}", "# a comment",
             *[f"{key} = {value}" for key, value in more.items()]]
    file.write_text("\n".join(lines) + "\n")
    return str(file)


def config_file(kit, text):
    file = kit.path("config")
    file.write_text(text)
    return str(file)


def check_user(arn):
    check(arn.endswith("user/tester"), arn)


def check_role(arn):
    check(":assumed-role/tester/" in arn, arn)


def test_environment(kit):
    check_user(caller(kit, AWS_ACCESS_KEY_ID=strict(kit).key,
                      AWS_SECRET_ACCESS_KEY=strict(kit).secret))


def test_session_in_the_environment(kit):
    made = kit.client("sts", strict(kit).settled).assume_role(
        RoleArn=ROLE, RoleSessionName="environment")["Credentials"]
    check_role(caller(kit, AWS_ACCESS_KEY_ID=made["AccessKeyId"],
                      AWS_SECRET_ACCESS_KEY=made["SecretAccessKey"],
                      AWS_SESSION_TOKEN=made["SessionToken"]))


def test_credentials_file(kit):
    check_user(caller(kit, AWS_SHARED_CREDENTIALS_FILE=user_file(kit)))


def test_named_profile(kit):
    file = user_file(kit, "work")
    check_user(caller(kit, AWS_SHARED_CREDENTIALS_FILE=file,
                      AWS_PROFILE="work"))
    check_user(caller(kit, "--profile", "work",
                      AWS_SHARED_CREDENTIALS_FILE=file))


def test_region_of_the_profile(kit):
    config = config_file(kit, "[profile work]\nregion = ap-south-1\n")
    done = kit.run_settled(
        "exec", "--upstream", strict(kit).moto.url, "--profile", "work", "--",
        "env", environment={
            "AWS_CONFIG_FILE": config, "AWS_REGION": "",
            "AWS_DEFAULT_REGION": "",
            "AWS_SHARED_CREDENTIALS_FILE": user_file(kit, "work")})
    check("AWS_REGION=ap-south-1" in done.stdout, done.stdout + done.stderr)


def test_role_by_source_profile(kit):
    config = config_file(
        kit, f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\n"
        f"region = {REGION}\nrole_session_name = by-profile\n")
    arn = caller(kit, "--profile", "role", AWS_CONFIG_FILE=config,
                 AWS_SHARED_CREDENTIALS_FILE=user_file(kit, "base"))
    check(arn.endswith("assumed-role/tester/by-profile"), arn)


def test_role_of_a_role(kit):
    config = config_file(
        kit, f"[profile outer]\nrole_arn = {ROLE}\nsource_profile = inner\n"
        f"[profile inner]\nrole_arn={ROLE}\nsource_profile=base\n"
        f"region = {REGION}\n")
    check_role(caller(kit, "--profile", "outer", AWS_CONFIG_FILE=config,
                      AWS_SHARED_CREDENTIALS_FILE=user_file(kit, "base")))


def test_profiles_in_a_circle(kit):
    config = config_file(
        kit, f"[profile a]\nrole_arn = {ROLE}\nsource_profile = b\n"
        f"[profile b]\nrole_arn = {ROLE}\nsource_profile = a\n")
    check_says(kit, "a", AWS_CONFIG_FILE=config, AWS_PROFILE="a")


def test_process(kit):
    script = kit.path("process.py")
    script.write_text("import json\nprint(json.dumps(%r))\n" % {
        "Version": 1, "AccessKeyId": strict(kit).key,
        "SecretAccessKey": strict(kit).secret})
    config = config_file(
        kit, f"[default]\ncredential_process = \"{kit.python}\" '{script}'\n")
    check_user(caller(kit, AWS_CONFIG_FILE=config))


def test_process_that_fails(kit):
    config = config_file(
        kit, "[default]\ncredential_process = sh -c 'echo no luck >&2; exit 3'")
    check_says(kit, "credential_process", AWS_CONFIG_FILE=config)


class Web:
    """A tiny HTTP server: path to (status, text); keeps the headers."""

    def __init__(self, pages):
        self.headers = {}
        keeper = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                keeper.headers = dict(self.headers.items())
                status, text = pages.get(self.path, (404, "none"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def do_PUT(self):
                self.do_GET()

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()


def session(kit):
    """Temporary credentials as the endpoints tell them."""
    made = kit.client("sts", strict(kit).settled).assume_role(
        RoleArn=ROLE, RoleSessionName="told")["Credentials"]
    end = datetime.datetime.now(datetime.timezone.utc) \
        + datetime.timedelta(hours=1)
    return json.dumps({
        "Code": "Success", "Type": "AWS-HMAC",
        "AccessKeyId": made["AccessKeyId"],
        "SecretAccessKey": made["SecretAccessKey"],
        "Token": made["SessionToken"],
        "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ")})


def role_by(kit, source):
    """For an emulator these are asked only when a profile says so."""
    return config_file(kit, f"[default]\nrole_arn = {ROLE}\n"
                       f"credential_source = {source}\nregion = {REGION}\n")


def test_container_endpoint(kit):
    web = Web({"/get?x=1": (200, session(kit))})
    check_role(caller(
        kit, AWS_CONFIG_FILE=role_by(kit, "EcsContainer"),
        AWS_CONTAINER_CREDENTIALS_FULL_URI=web.url + "/get?x=1",
        AWS_CONTAINER_AUTHORIZATION_TOKEN="word of the container"))
    check_equal(web.headers.get("Authorization"), "word of the container",
                "the token")


def test_container_token_in_a_file(kit):
    web = Web({"/get": (200, session(kit))})
    file = kit.path("token")
    file.write_text("from the file")
    check_role(caller(
        kit, AWS_CONFIG_FILE=role_by(kit, "EcsContainer"),
        AWS_CONTAINER_CREDENTIALS_FULL_URI=web.url + "/get",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file)))
    check_equal(web.headers.get("Authorization"), "from the file", "token")


def test_container_beyond_loopback(kit):
    check_says(kit, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
               AWS_CONFIG_FILE=role_by(kit, "EcsContainer"),
               AWS_CONTAINER_CREDENTIALS_FULL_URI="http://192.0.2.7/get")


def test_container_that_refuses(kit):
    web = Web({"/get": (403, '{"code":"NoWay","message":"not for you"}')})
    check_says(kit, "403", AWS_CONFIG_FILE=role_by(kit, "EcsContainer"),
               AWS_CONTAINER_CREDENTIALS_FULL_URI=web.url + "/get")


def test_instance_metadata(kit):
    base = "/latest/meta-data/iam/security-credentials/"
    web = Web({"/latest/api/token": (200, "imds-token"),
               base: (200, "tester"), base + "tester": (200, session(kit))})
    check_role(caller(kit, through=until_answered,
                      AWS_EC2_METADATA_DISABLED=None,
                      AWS_CONFIG_FILE=role_by(kit, "Ec2InstanceMetadata"),
                      AWS_EC2_METADATA_SERVICE_ENDPOINT=web.url))
    check_equal({k.lower(): v for k, v in web.headers.items()}
                .get("x-aws-ec2-metadata-token"), "imds-token", "the token")


def test_web_identity(kit):
    """moto that checks signatures fails on an unsigned call; hence the other
    one."""
    file = kit.path("jwt")
    file.write_text("header.payload.signature")
    check_role(caller(kit, upstream=kit.plain(),
                      AWS_WEB_IDENTITY_TOKEN_FILE=str(file),
                      AWS_ROLE_ARN=ROLE, AWS_ROLE_SESSION_NAME="web"))


def test_web_identity_in_a_profile(kit):
    file = kit.path("jwt")
    file.write_text("header.payload.signature")
    config = config_file(
        kit, f"[profile web]\nrole_arn = {ROLE}\nregion = {REGION}\n"
        f"web_identity_token_file = {file}\n")
    check_role(caller(kit, "--profile", "web", upstream=kit.plain(),
                      AWS_CONFIG_FILE=config))


def check_says(kit, word, **environment):
    """Without credentials there is a reason, at the start or by each call;
    and no secret in it."""
    done = kit.run_settled(
        "exec", "--upstream", strict(kit).moto.url, "--", kit.python, "-m",
        "awscli", "sts", "get-caller-identity", environment=environment)
    check(done.returncode != 0, "it should have failed")
    check(word in done.stderr, f"no {word!r} in: {done.stderr}")


def test_none_at_all(kit):
    """An emulator is asked with a key that is made up."""
    check("123456789012" in caller(kit, upstream=kit.plain()), "account")


def test_half_a_pair(kit):
    check_says(kit, "AWS_SECRET_ACCESS_KEY", AWS_ACCESS_KEY_ID=KEY)


def test_sso_says_what_to_do(kit):
    config = config_file(
        kit, "[profile sso]\nsso_start_url = https://x.example/start\n"
        "sso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n")
    done = kit.run_settled(
        "exec", "--upstream", strict(kit).moto.url, "--profile", "sso", "--",
        kit.python, "-m", "awscli", "sts", "get-caller-identity",
        environment={"AWS_CONFIG_FILE": config})
    check(done.returncode != 0, "it should have failed")
    check("export-credentials" in done.stderr, done.stderr)


def test_unknown_profile(kit):
    check_says(kit, "nobody", AWS_PROFILE="nobody",
               AWS_SHARED_CREDENTIALS_FILE=user_file(kit))


def test_wrong_key_is_told_by_the_service(kit):
    """What the service answers to settled's key comes through."""
    server = kit.start_settled(strict(kit).moto, AWS_ACCESS_KEY_ID=KEY,
                               AWS_SECRET_ACCESS_KEY=SECRET)
    try:
        kit.client("sts", server).get_caller_identity()
    except botocore.exceptions.ClientError as error:
        check_equal(error.response["Error"]["Code"], "InvalidClientTokenId",
                    "code")
    else:
        check(False, "it should have failed")


def test_secrets_are_not_in_the_process_list(kit):
    server = strict(kit).settled
    with open(f"/proc/{server.pid}/cmdline", "rb") as words:
        text = words.read()
    check(strict(kit).secret.encode() not in text, "the secret is told")
