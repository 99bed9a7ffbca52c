# SPDX-License-Identifier: Apache-2.0
"""Relay: what has no rule passes as it is, in both directions, however big.
"""

import gzip
import hashlib
import json

import boto3.s3.transfer
import botocore.auth
import botocore.exceptions
from harness import KEY, REGION, Failed, Skipped, check, check_equal
from upstreams import Listener
from wire import Ask, Chunks, code_of, read_answer, send_raw

MIB = 1024 * 1024
BIG = 64 * MIB
MOST_GROWTH = 32 * MIB


def settled(kit):
    return kit.plain_settled()


def make_bucket(kit, name, where=None):
    s3 = kit.client("s3", where or settled(kit))
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={
        "LocationConstraint": REGION})
    return s3


def memory_of(process):
    with open(f"/proc/{process.pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise Failed("no VmHWM")


class Zeros:
    """A body that is made as it is read, and can be read again."""

    def __init__(self, length):
        self.length, self.at = length, 0

    def __len__(self):
        return self.length

    def read(self, most=-1):
        left = self.length - self.at
        most = left if most is None or most < 0 else min(most, left)
        self.at += most
        return bytes(most)

    def seek(self, at, whence=0):
        self.at = at + (0, self.at, self.length)[whence]
        return self.at

    def tell(self):
        return self.at


def digest_of(body):
    digest, length = hashlib.sha256(), 0
    for piece in body.iter_chunks(MIB):
        digest.update(piece)
        length += len(piece)
    return length, digest.hexdigest()


def test_big_object(kit):
    server = kit.start_settled(kit.plain())
    s3 = make_bucket(kit, "relay-big", server)
    before = memory_of(server)
    s3.put_object(Bucket="relay-big", Key="k", Body=Zeros(BIG))
    got = digest_of(s3.get_object(Bucket="relay-big", Key="k")["Body"])
    check_equal(got, (BIG, hashlib.sha256(bytes(BIG)).hexdigest()), "object")
    growth = memory_of(server) - before
    s3.delete_object(Bucket="relay-big", Key="k")
    if kit.sanitized:
        return
    check(growth < MOST_GROWTH, f"the proxy grew by {growth / MIB:.0f} MiB")


def test_big_object_slow_reader(kit):
    """Read late: the rest must wait upstream, not in the proxy's memory."""
    if kit.sanitized:
        raise Skipped("memory is not told under ASan")
    server = kit.start_settled(kit.plain())
    s3 = make_bucket(kit, "relay-slow", server)
    kit.client("s3", kit.plain()).put_object(
        Bucket="relay-slow", Key="k", Body=Zeros(BIG))
    before = memory_of(server)
    body = s3.get_object(Bucket="relay-slow", Key="k")["Body"]
    check_equal(len(body.read(MIB)), MIB, "first piece")
    check_equal(kit.client("s3", server).head_object(
        Bucket="relay-slow", Key="k")["ContentLength"], BIG, "meanwhile")
    growth = memory_of(server) - before
    check(growth < MOST_GROWTH, f"the proxy grew by {growth / MIB:.0f} MiB")
    body.close()


def test_objects(kit):
    s3 = make_bucket(kit, "relay-objects")
    for key, body in (("empty", b""), ("one", b"x"), ("a b/ü+€", b"text"),
                      ("binary", bytes(range(256)) * 100)):
        s3.put_object(Bucket="relay-objects", Key=key, Body=body,
                      ContentType="text/x-odd")
        got = s3.get_object(Bucket="relay-objects", Key=key)
        check_equal(got["Body"].read(), body, key)
        check_equal(got["ContentType"], "text/x-odd", "type")
        head = s3.head_object(Bucket="relay-objects", Key=key)
        check_equal(head["ContentLength"], len(body), "length by HEAD")
    got = s3.get_object(Bucket="relay-objects", Key="binary", Range="bytes=5-9")
    check_equal(got["Body"].read(), bytes(range(5, 10)), "a range")
    check_equal(got["ResponseMetadata"]["HTTPStatusCode"], 206, "status")


def check_error(call, code, status):
    try:
        call()
    except botocore.exceptions.ClientError as error:
        check_equal((error.response["Error"]["Code"],
                     error.response["ResponseMetadata"]["HTTPStatusCode"]),
                    (code, status), "error")
        return
    raise Failed(f"no {code}")


def test_errors(kit):
    s3 = make_bucket(kit, "relay-errors")
    check_error(lambda: s3.get_object(Bucket="relay-errors", Key="none"),
                "NoSuchKey", 404)
    check_error(lambda: s3.head_object(Bucket="relay-errors", Key="none"),
                "404", 404)
    check_error(lambda: s3.head_bucket(Bucket="relay-none"), "404", 404)
    tables = kit.client("dynamodb", settled(kit))
    check_error(lambda: tables.describe_table(TableName="none"),
                "ResourceNotFoundException", 400)
    iam = kit.client("iam", settled(kit))
    check_error(lambda: iam.get_user(UserName="none"), "NoSuchEntity", 404)


def test_dynamodb(kit):
    """Its answers carry a CRC that boto3 checks: not a byte may differ."""
    tables = kit.client("dynamodb", settled(kit))
    tables.create_table(
        TableName="relay", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])
    for number in range(20):
        tables.put_item(TableName="relay", Item={
            "k": {"S": f"key {number}"}, "v": {"S": "ü" * 2000}})
    check_equal(tables.scan(TableName="relay")["Count"], 20, "items")


def test_sqs_kinesis_lambda(kit):
    sqs = kit.client("sqs", settled(kit))
    url = sqs.create_queue(QueueName="relay")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="<&ü>")
    check_equal(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"],
                "<&ü>", "message")
    kinesis = kit.client("kinesis", settled(kit))
    kinesis.create_stream(StreamName="relay", ShardCount=1)
    put = kinesis.put_record(StreamName="relay", Data=b"\x00\xff",
                             PartitionKey="p")
    check(put["SequenceNumber"], put)
    check_equal(kit.client("lambda", settled(kit)).list_functions()
                ["Functions"], [], "functions")


def test_gzipped_request(kit):
    """PutMetricData over 10 KB goes out compressed, by boto3 itself; moto
    cannot read that."""
    upstream = Listener()
    watch = kit.client("cloudwatch", kit.start_settled(upstream))
    watch.put_metric_data(Namespace="relay", MetricData=[
        {"MetricName": f"metric-{i}", "Value": i,
         "Dimensions": [{"Name": "a", "Value": "x" * 100}]}
        for i in range(150)])
    head, body = upstream.heard[0]
    check(b"content-encoding: gzip" in head.lower(), head)
    check_equal(len(json.loads(gzip.decompress(body))["MetricData"]), 150,
                "metrics")


def test_gzipped_request_with_a_rule(kit):
    """It is understood from a decoded copy, and forwarded as it came."""
    upstream = Listener()
    body = gzip.compress(json.dumps({"Name": "/zipped", "Value": "zipped",
                                     "Type": "String"}).encode())
    answer = Ask(kit.start_settled(upstream), "AmazonSSM.PutParameter", body,
                 **{"Content-Encoding": "gzip"}).sign().send()
    check(answer is not None and answer.status == 200, repr(answer))
    check_equal(answer.headers.get("x-settled-outcome"), "settled", "outcome")
    check_equal(upstream.heard[0][1], body, "the body forwarded")
    check_equal(json.loads(upstream.heard[1][1])["Name"], "/zipped",
                "what is read back")


def test_javascript_streams(kit):
    got = kit.javascript(settled(kit), "objects", "relay-js",
                         "a b/ü+€ (1).txt")
    check_equal((got["body"], got["length"], got["keys"]),
                ("body", 4_000_000, ["a b/ü+€ (1).txt", "stream"]), "got")


def test_signed_chunks(kit):
    s3 = make_bucket(kit, "relay-chunks")
    pieces = [b"%d" % (i % 10) * 65536 for i in range(40)] + [b"end"]
    answer = Chunks(settled(kit), "/relay-chunks/k", pieces).send()
    check(answer is not None and answer.status == 200, repr(answer))
    check_equal(s3.get_object(Bucket="relay-chunks", Key="k")["Body"].read(),
                b"".join(pieces), "object")


def test_multipart_in_parallel(kit):
    s3 = make_bucket(kit, "relay-parts")
    file = kit.path("parts.bin")
    with open(file, "wb") as out:
        for number in range(24):
            out.write(bytes([number]) * MIB)

    boto3.s3.transfer.S3Transfer(s3).upload_file(
        str(file), "relay-parts", "k")
    length, digest = digest_of(s3.get_object(Bucket="relay-parts",
                                             Key="k")["Body"])
    check_equal((length, digest),
                (24 * MIB, hashlib.sha256(file.read_bytes()).hexdigest()),
                "object")


def test_aws_cli_copies(kit):
    make_bucket(kit, "relay-cli")
    file = kit.path("copy.bin")
    file.write_bytes(bytes(range(256)) * 4096 * 12)
    done = kit.aws(settled(kit), "s3", "cp", file, "s3://relay-cli/k",
                   "--quiet")
    check_equal(done.returncode, 0, done.stderr)
    back = kit.path("back.bin")
    done = kit.aws(settled(kit), "s3", "cp", "s3://relay-cli/k", back,
                   "--quiet")
    check_equal(done.returncode, 0, done.stderr)
    check(file.read_bytes() == back.read_bytes(), "it came back changed")


# ---- a path prefix names a group of calls ----

def prefixed(kit):
    return f"{settled(kit).url}/run-1"


def own(kit):
    return settled(kit).key, settled(kit).secret


def test_path_prefix(kit):
    ssm = kit.client("ssm", prefixed(kit), *own(kit))
    name = f"/relay/{kit.number()}"
    answer = ssm.put_parameter(Name=name, Value="one", Type="String")
    check_equal(answer["ResponseMetadata"]["HTTPHeaders"]
                ["x-settled-outcome"], "settled", "outcome")
    check_equal(ssm.get_parameter(Name=name)["Parameter"]["Value"], "one",
                "value")
    sts = kit.client("sts", prefixed(kit), *own(kit))
    check_equal(sts.get_caller_identity()["Account"], "123456789012",
                "a query protocol")
    iam = kit.client("iam", prefixed(kit), *own(kit))
    check(iam.list_users() is not None, "users")
    functions = kit.client("lambda", prefixed(kit), *own(kit))
    check_equal(functions.list_functions()["Functions"], [], "a REST path")


def test_path_prefix_by_aws_cli(kit):
    server = settled(kit)
    name = f"/relay/{kit.number()}"
    done = kit.aws(server, "ssm", "put-parameter", "--name", name, "--type",
                   "String", "--value", "one",
                   AWS_ENDPOINT_URL=prefixed(kit))
    check_equal(done.returncode, 0, done.stderr)


def test_group_is_logged(kit):
    log = kit.path("group.jsonl")
    server = kit.start_settled(kit.plain(), "--log", log)
    kit.client("ssm", f"{server.url}/run-7", server.key,
               server.secret).put_parameter(Name=f"/relay/{kit.number()}",
                                            Value="x", Type="String")
    server.end()
    check(any(json.loads(line).get("group") in ("run-7", "/run-7")
              for line in log.read_text().splitlines()),
          "no event has the group")


# ---- what goes up, and what does not ----

def head_of(request):
    """The header lines that reached the upstream: name to value."""
    lines = request[0].decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in
            (line.partition(":") for line in lines)}


def test_headers_that_stop_here(kit):
    upstream = Listener()
    server = kit.start_settled(upstream)
    ask = Ask(server, **{"x-settled-policy": "pass", "X-Kept": "a  b"}).sign()
    ask.headers.update({"Connection": "keep-alive, X-Gone", "X-Gone": "1",
                        "Keep-Alive": "timeout=5", "TE": "trailers",
                        "Proxy-Authorization": "Basic eDp5",
                        "Upgrade": "h2c"})
    check_equal(ask.send().status, 200, "status")
    got = head_of(upstream.heard[0])
    for name in ("x-settled-policy", "x-gone", "keep-alive", "te", "upgrade",
                 "proxy-authorization"):
        check(name not in got, f"{name} went up")
    check_equal(got.get("x-kept"), "a  b", "another header")
    check_equal(got["host"], upstream.url.partition("//")[2], "Host")
    check(KEY in got["authorization"], "signed by another key")
    check(server.key not in upstream.heard[0][0].decode(), "the minted key")


def test_target_goes_up_as_it_came(kit):
    upstream = Listener()
    server = kit.start_settled(upstream)
    target = "/b/a%2Fb/~/./c/../d//e%20f%2Bg?x&y=&z=%2F&a=1&a=0"
    answer = Ask(server, None, b"", "s3", "GET", target
                 ).sign(signer=botocore.auth.S3SigV4Auth).send()
    check_equal(answer.status, 200, repr(answer))
    check_equal(upstream.heard[0][0].split()[1].decode(), target, "target")


def test_redirects_are_not_followed(kit):
    trap = Listener()
    upstream = Listener(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: "
                        + trap.url.encode() + b"/\r\n")
    answer = Ask(kit.start_settled(upstream)).sign().send()
    check_equal(answer.status, 307, "status")
    check_equal(trap.heard, [], "what the trap heard")


def test_pipelined_calls(kit):
    """Two calls at once on one connection: two answers, in order."""
    server = settled(kit)
    first = Ask(server, body=b'{"Name":"/none/one"}').sign()
    second = Ask(server, "AmazonSSM.DescribeParameters",
                 b'{"ParameterFilters":[{"Key":"Name","Values":["/no"]}]}'
                 ).sign()
    with server.connect() as both:
        both.sendall(first.head() + first.body + second.head() + second.body)
        stream = both.makefile("rb")
        answers = [read_answer(stream), read_answer(stream)]
    check_equal([a and a.status for a in answers], [400, 200], "answers")


def test_old_http(kit):
    """HTTP/1.0, where the end of the connection ends the answer."""
    ask = Ask(settled(kit)).sign()
    head = ask.head().replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    answer = send_raw(ask.port, head, ask.body)
    check_equal((answer.status, code_of(answer)), (400, "ParameterNotFound"),
                "answer")


# ---- without verification ----

def test_no_verify(kit):
    """For emulators: a key that is not known keeps its own signature, and the
    emulator sees the caller's account."""
    server = kit.start_settled(kit.plain(), "--no-verify")
    other = kit.client("ssm", server, "AKIAOTHERUSER0000000", "whatever")
    answer = other.put_parameter(Name=f"/relay/{kit.number()}", Value="one",
                                 Type="String")
    check_equal(answer["ResponseMetadata"]["HTTPHeaders"]
                ["x-settled-outcome"], "settled", "outcome")


def test_no_verify_is_for_loopback(kit):
    done = kit.run_settled(
        "serve", "--no-verify", "--upstream", "https://example.com",
        environment={"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"})
    check(done.returncode in (1, 2), f"status {done.returncode}")
    check("no-verify" in done.stderr, done.stderr)
