# SPDX-License-Identifier: Apache-2.0
"""Signing anew: moto with signature checks on accepts what settled sends.

The clients hold the minted key, which moto does not know; settled's own key is
of an IAM user that moto knows. So each call that succeeds was signed right.
"""

import json
import urllib.request

import botocore.auth
import botocore.exceptions
from harness import (KEY, PATIENCE_SECONDS, REGION, SECRET, Failed, check,
                     check_equal)
from upstreams import Verifier
from wire import Ask, Chunks

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole",
     "Principal": {"AWS": "*"}}]})
ROLE = "arn:aws:iam::123456789012:role/tester"


class Strict:
    """A moto that checks signatures, a user's key, and settled before it."""

    def __init__(self, kit):
        self.moto = kit.start_moto()
        iam = kit.client("iam", self.moto)
        iam.create_user(UserName="tester")
        iam.put_user_policy(UserName="tester", PolicyName="all",
                            PolicyDocument=POLICY)
        made = iam.create_access_key(UserName="tester")["AccessKey"]
        iam.create_role(RoleName="tester", AssumeRolePolicyDocument=TRUST)
        iam.put_role_policy(RoleName="tester", PolicyName="all",
                            PolicyDocument=POLICY)
        self.key, self.secret = made["AccessKeyId"], made["SecretAccessKey"]
        with urllib.request.urlopen(urllib.request.Request(
                f"{self.moto.url}/moto-api/reset-auth", data=b"0",
                headers={"Content-Type": "text/plain"}),
                timeout=PATIENCE_SECONDS):
            pass
        self.settled = kit.start_settled(
            self.moto, AWS_ACCESS_KEY_ID=self.key,
            AWS_SECRET_ACCESS_KEY=self.secret)


def strict(kit):
    return kit.shared("moto that checks signatures", lambda: Strict(kit))


def client(kit, service, **config):
    return kit.client(service, strict(kit).settled, **config)


def make_bucket(s3, name):
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={
        "LocationConstraint": REGION})
    return name


def test_moto_checks_at_all(kit):
    """Or the rest would prove nothing."""
    for key, secret in ((KEY, SECRET), (strict(kit).key, "x" * 40)):
        for service, call in (("ssm", "describe_parameters"),
                              ("sts", "get_caller_identity"),
                              ("s3", "list_buckets")):
            made = kit.client(service, strict(kit).moto, key, secret)
            try:
                getattr(made, call)()
            except botocore.exceptions.ClientError:
                continue
            raise Failed(f"moto accepted {service} {call}")


def test_ssm(kit):
    ssm = client(kit, "ssm")
    answer = ssm.put_parameter(Name="/sign/ä€", Value="v€lue", Type="String",
                               Tags=[{"Key": "a", "Value": "1"}])
    check_equal(answer["ResponseMetadata"]["HTTPHeaders"]
                ["x-settled-outcome"], "settled", "the read-backs too")
    check_equal(ssm.get_parameter(Name="/sign/ä€")["Parameter"]["Value"],
                "v€lue", "value")
    ssm.delete_parameter(Name="/sign/ä€")


def test_secretsmanager(kit):
    secrets = client(kit, "secretsmanager")
    answer = secrets.create_secret(Name="sign", SecretString="hush")
    check_equal(answer["ResponseMetadata"]["HTTPHeaders"]
                ["x-settled-outcome"], "settled", "the read-backs too")
    check_equal(secrets.get_secret_value(SecretId="sign")["SecretString"],
                "hush", "value")


KEYS = ["plain", "a b", "a+b", "ü/€/\U0001f511", "per%20cent", "a//b", "./c",
        "x/../y", "~-_.", "q?a=b&c", "semi;colon=1", "(x)'*!", "trail/", "#h"]


def test_s3_keys(kit):
    """moto cannot verify most of these, not even from boto3 itself, so here
    it is an upstream of our own that does."""
    upstream = Verifier(KEY, SECRET)
    s3 = kit.client("s3", kit.start_settled(upstream))
    for key in KEYS:
        try:
            s3.put_object(Bucket="some.bucket", Key=key, Body=key.encode())
            got = s3.get_object(Bucket="some.bucket", Key=key)["Body"].read()
        except botocore.exceptions.ClientError as error:
            raise Failed(f"key {key!r}: {error}") from error
        check_equal(got, key.encode(), f"key {key!r}")
    check_equal(len(upstream.kept), len(KEYS), "objects")


def test_s3_tags_and_metadata(kit):
    s3 = client(kit, "s3")
    bucket = make_bucket(s3, "sign-tags")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b=2%203",
                  Metadata={"word": "two  blanks", "empty": ""})
    tags = s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    check_equal({t["Key"]: t["Value"] for t in tags}, {"a": "1", "b": "2 3"},
                "tags")
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={
        "TagSet": [{"Key": "c", "Value": "3"}]})
    check_equal(len(s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]),
                1, "tags")
    head = s3.head_object(Bucket=bucket, Key="k")
    check("word" in head["Metadata"], head["Metadata"])
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"},
                                                         {"Key": "copy"}]})
    check_equal(s3.list_objects_v2(Bucket=bucket)["KeyCount"], 0, "left")


def test_s3_multipart(kit):
    s3 = client(kit, "s3")
    bucket = make_bucket(s3, "sign-parts")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
    parts = []
    for number, size in ((1, 5 * 1024 * 1024), (2, 100_000)):
        part = s3.upload_part(Bucket=bucket, Key="m", UploadId=upload,
                              PartNumber=number, Body=b"%d" % number * size)
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    s3.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=upload,
                                 MultipartUpload={"Parts": parts})
    body = s3.get_object(Bucket=bucket, Key="m")["Body"].read()
    check_equal((len(body), body[:1], body[-1:]),
                (5 * 1024 * 1024 + 100_000, b"1", b"2"), "object")


def test_s3_signed_chunks(kit):
    """Verified chunk by chunk, and moto gets what it can check."""
    s3 = client(kit, "s3")
    bucket = make_bucket(s3, "sign-chunks")
    pieces = [b"a" * 65536, b"b" * 70000, b"c" * 17]
    answer = Chunks(strict(kit).settled, f"/{bucket}/k", pieces).send()
    check(answer is not None and answer.status == 200, repr(answer))
    check_equal(s3.get_object(Bucket=bucket, Key="k")["Body"].read(),
                b"".join(pieces), "object")


def test_s3_chunks_that_were_bent(kit):
    s3 = client(kit, "s3")
    bucket = make_bucket(s3, "sign-bent")

    def bend_data(frames):
        frames[1] = frames[1].replace(b"bbbb", b"bxbb", 1)
        return frames

    def bend_signature(frames):
        frames[1] = frames[1].replace(b"signature=", b"signature=0", 1)
        frames[1] = frames[1][:80] + frames[1][81:]
        return frames

    def swap(frames):
        return [frames[1], frames[0], frames[2]]

    for bend in (bend_data, bend_signature, swap):
        made = Chunks(strict(kit).settled, f"/{bucket}/{bend.__name__}",
                      [b"a" * 8192, b"b" * 8192])
        answer = made.send(bend)
        check(answer is None or 400 <= answer.status < 500,
              f"{bend.__name__}: {answer!r}")
    check_equal(s3.list_objects_v2(Bucket=bucket)["KeyCount"], 0, "stored")


class Unsigned(botocore.auth.S3SigV4Auth):
    def payload(self, request):
        return "UNSIGNED-PAYLOAD"


def test_s3_unsigned_payload(kit):
    s3 = client(kit, "s3", s3={"payload_signing_enabled": False})
    bucket = make_bucket(s3, "sign-unsigned")
    ask = Ask(strict(kit).settled, None, None, "s3", "PUT", f"/{bucket}/k")
    ask.sign(signer=Unsigned)
    ask.body = b"unsigned"
    answer = ask.send()
    check_equal(answer.status, 200, repr(answer))
    check_equal(s3.get_object(Bucket=bucket, Key="k")["Body"].read(),
                b"unsigned", "object")


def test_sts_iam_dynamodb_sqs(kit):
    check("tester" in client(kit, "sts").get_caller_identity()["Arn"],
          "sts says who calls")
    iam = client(kit, "iam")
    iam.create_group(GroupName="made")
    check("made" in [g["GroupName"] for g in iam.list_groups()["Groups"]],
          "iam, signed for us-east-1")
    tables = client(kit, "dynamodb")
    tables.create_table(
        TableName="sign", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])
    tables.put_item(TableName="sign", Item={"k": {"S": "ü"}})
    check_equal(tables.scan(TableName="sign")["Count"], 1, "items")
    sqs = client(kit, "sqs")
    url = sqs.create_queue(QueueName="sign")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello ü")
    got = sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]
    check_equal(got, "hello ü", "message")


def test_sns_and_ec2(kit):
    sns = client(kit, "sns")
    topic = sns.create_topic(Name="sign")["TopicArn"]
    sns.publish(TopicArn=topic, Message="a+b c&d=ü%~*")
    check("Vpcs" in client(kit, "ec2").describe_vpcs(), "ec2")


def test_aws_cli(kit):
    where = strict(kit).settled
    file = kit.path("upload.txt")
    file.write_text("through the CLI")
    done = kit.aws(where, "s3", "mb", "s3://sign-cli")
    check_equal(done.returncode, 0, done.stderr)
    done = kit.aws(where, "s3", "cp", file, "s3://sign-cli/a b/c.txt")
    check_equal(done.returncode, 0, done.stderr)
    done = kit.aws(where, "s3", "cp", "s3://sign-cli/a b/c.txt", "-")
    check_equal(done.stdout, "through the CLI", done.stderr)
    done = kit.aws(where, "secretsmanager", "create-secret", "--name", "cli",
                   "--secret-string", "x")
    check_equal(done.returncode, 0, done.stderr)


def test_javascript(kit):
    got = kit.javascript(strict(kit).settled, "tour", "sign")
    check_equal(got, {"parameter": "one", "secret": "hush", "item": "v€lue",
                      "account": "123456789012"}, "tour")


def test_javascript_objects(kit):
    got = kit.javascript(strict(kit).settled, "objects", "sign-js",
                         "a b/c.txt")
    check_equal(got, {"body": "body", "length": 4_000_000, "last": 97 + 39 % 26,
                      "tags": ["a1", "b2"],
                      "keys": ["a b/c.txt", "stream"]}, "objects")


def test_learned_keys(kit):
    """Temporary keys that passed by may call, and are signed for as
    themselves."""
    where = strict(kit).settled
    made = client(kit, "sts").assume_role(
        RoleArn=ROLE, RoleSessionName="learned")["Credentials"]
    words = (made["AccessKeyId"], made["SecretAccessKey"],
             made["SessionToken"])
    arn = kit.client("sts", where, *words).get_caller_identity()["Arn"]
    check("assumed-role/tester/learned" in arn, arn)
    kit.client("ssm", where, *words).put_parameter(
        Name="/sign/learned", Value="one", Type="String")
    try:
        kit.client("ssm", where, words[0], "x" * 40,
                   words[2]).describe_parameters()
    except botocore.exceptions.ClientError as error:
        check_equal(error.response["Error"]["Code"],
                    "InvalidSignatureException", "a wrong secret")
    else:
        raise Failed("a learned key with a wrong secret was let in")


def test_own_keys_may_call(kit):
    """A script that has settled's own credentials needs only the endpoint."""
    words = strict(kit).key, strict(kit).secret
    arn = kit.client("sts", strict(kit).settled.url,
                     *words).get_caller_identity()["Arn"]
    check("user/tester" in arn, arn)


def test_role_profile_of_a_client(kit):
    """The client itself assumes a role through the proxy."""
    where = strict(kit).settled
    config = kit.path("client-config")
    config.write_text(
        "[profile role]\n"
        f"role_arn = {ROLE}\nsource_profile = base\nregion = {REGION}\n"
        "[profile base]\n"
        f"aws_access_key_id = {where.key}\n"
        f"aws_secret_access_key = {where.secret}\n")
    done = kit.aws(where, "sts", "get-caller-identity", "--query", "Arn",
                   "--output", "text", AWS_CONFIG_FILE=str(config),
                   AWS_PROFILE="role", AWS_ACCESS_KEY_ID=None,
                   AWS_SECRET_ACCESS_KEY=None)
    check("assumed-role/tester" in done.stdout, done.stdout + done.stderr)
