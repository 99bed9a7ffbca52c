# SPDX-License-Identifier: Apache-2.0
"""Security: what is refused, and that nothing secret is ever told. Each
refusal is a clear 4xx, and the proxy answers the next good call.
"""

import base64
import itertools
import socket
import urllib.parse

import botocore.auth
from harness import KEY, SECRET, check, check_equal, eventually
from wire import Ask, code_of, send_raw


def settled(kit):
    return kit.plain_settled()


def still_answers(kit, server=None):
    """Also on a connection of its own: 400 is moto's 'no such parameter'."""
    answer = Ask(server or settled(kit)).sign().send()
    check(answer is not None, "the proxy does not answer any more")
    check_equal((answer.status, code_of(answer)), (400, "ParameterNotFound"),
                "the good call afterwards")


def check_refused(kit, answer, status=None, code=None):
    check(answer is not None, "closed without an answer")
    check(400 <= answer.status < 500, f"answered {answer!r}")
    if status:
        check_equal(answer.status, status, f"status ({answer!r})")
    if code:
        check(code.encode() in answer.body, f"no {code} in {answer!r}")
    check(len(answer.body) > 20, f"no word of why: {answer!r}")
    still_answers(kit)


# ---- signatures ----

def test_wrong_secret(kit):
    answer = Ask(settled(kit)).sign(secret="x" * 40).send()
    check_refused(kit, answer, 400, "InvalidSignatureException")


def test_unknown_key(kit):
    answer = Ask(settled(kit)).sign(key="AKIAUNKNOWNUNKNOWN00").send()
    check_refused(kit, answer, 400, "UnrecognizedClientException")


def test_tampered_body(kit):
    ask = Ask(settled(kit)).sign()
    answer = ask.send(ask.body.replace(b"none", b"some"))
    check_refused(kit, answer, 400, "InvalidSignatureException")


def test_tampered_target(kit):
    ask = Ask(settled(kit)).sign()
    ask.headers["X-Amz-Target"] = "AmazonSSM.DeleteParameter"
    check_refused(kit, ask.send(), 400, "InvalidSignatureException")


def test_tampered_path(kit):
    ask = Ask(settled(kit)).sign()
    answer = send_raw(ask.port, ask.head(path="/other"), ask.body)
    check_refused(kit, answer, 400)


def test_stale_date(kit):
    for shift in (-3600, 3600):
        answer = Ask(settled(kit)).sign(shift=shift).send()
        check_refused(kit, answer, 400, "InvalidSignatureException")
    answer = Ask(settled(kit)).sign(shift=-200).send()
    check_equal(code_of(answer), "ParameterNotFound", "within five minutes")


def test_unsigned(kit):
    check_refused(kit, Ask(settled(kit)).send(), None,
                  "MissingAuthenticationToken")


def test_broken_authorization(kit):
    for text in ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b",
                 "Bearer abc", "AWS4-HMAC-SHA256 " + "," * 500,
                 "AWS4-HMAC-SHA256 Credential=%s/20260101/eu-west-1/ssm/"
                 "aws4_request, SignedHeaders=host, Signature=zz" % KEY):
        ask = Ask(settled(kit)).sign()
        ask.headers["Authorization"] = text
        check_refused(kit, ask.send())


def test_unsigned_amz_header(kit):
    ask = Ask(settled(kit)).sign()
    ask.headers["x-amz-acl"] = "public-read"
    check_refused(kit, ask.send())


def test_session_token_of_nobody(kit):
    answer = Ask(settled(kit)).sign(token="made-up").send()
    check_refused(kit, answer)


# ---- who knocks ----

def test_foreign_host(kit):
    server = settled(kit)
    for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1",
                 "127.0.0.1:1", f"127.0.0.1.evil.example:{server.port}",
                 f"127.0.0.1@evil.example:{server.port}"):
        answer = Ask(server, Host=host).sign().send()
        check_refused(kit, answer, 403)


def test_own_names_are_good(kit):
    server = settled(kit)
    answer = Ask(server, Host=f"localhost:{server.port}").sign()
    answer = answer.send()
    check_equal(code_of(answer), "ParameterNotFound", "localhost")


def test_browser(kit):
    for name, value in (("Origin", "http://evil.example"),
                        ("Origin", "null"),
                        ("Sec-Fetch-Mode", "cors"),
                        ("sec-fetch-site", "cross-site")):
        answer = Ask(settled(kit), **{name: value}).sign().send()
        check_refused(kit, answer, 403)


def test_options(kit):
    answer = Ask(settled(kit), method="OPTIONS").sign().send()
    check_refused(kit, answer, 403)


# ---- shapes ----

def raw(kit, *lines, body=b""):
    server = settled(kit)
    host = b"Host: 127.0.0.1:%d" % server.port
    head = b"\r\n".join(line.replace(b"HOST", host) for line in lines)
    return send_raw(server.port, head + b"\r\n\r\n" + body)


def test_smuggling_shapes(kit):
    post = b"POST / HTTP/1.1"
    shapes = {
        "both lengths": ((post, b"HOST", b"Content-Length: 5",
                          b"Transfer-Encoding: chunked"), b"0\r\n\r\n"),
        "two lengths": ((post, b"HOST", b"Content-Length: 5",
                         b"Content-Length: 6"), b"aaaaaa"),
        "a list of lengths": ((post, b"HOST", b"Content-Length: 5, 5"),
                              b"aaaaa"),
        "a signed length": ((post, b"HOST", b"Content-Length: +5"), b"aaaaa"),
        "a length in hex": ((post, b"HOST", b"Content-Length: 0x5"), b"aaaaa"),
        "a negative length": ((post, b"HOST", b"Content-Length: -1"), b""),
        "a huge length": ((post, b"HOST",
                           b"Content-Length: 99999999999999999999999"), b""),
        "chunked twice": ((post, b"HOST", b"Transfer-Encoding: chunked",
                           b"Transfer-Encoding: chunked"), b"0\r\n\r\n"),
        "another coding": ((post, b"HOST",
                            b"Transfer-Encoding: gzip, chunked"),
                           b"0\r\n\r\n"),
        "a coding with a tab": ((post, b"HOST",
                                 b"Transfer-Encoding:\x0bchunked"),
                                b"0\r\n\r\n"),
        "two hosts": ((post, b"HOST", b"HOST"), b""),
        "two differing hosts": ((post, b"HOST", b"Host: evil.example"), b""),
        "no host": ((post,), b""),
        "a folded header": ((post, b"HOST", b"X-A: b", b" folded"), b""),
        "a folded first header": ((post, b" X-A: b", b"HOST"), b""),
        "a blank before the colon": ((post, b"HOST", b"X-A : b"), b""),
        "a header without colon": ((post, b"HOST", b"nonsense"), b""),
        "an empty header name": ((post, b"HOST", b": b"), b""),
        "NUL in a value": ((post, b"HOST", b"X-A: b\x00c"), b""),
        "NUL in a name": ((post, b"HOST", b"X\x00A: b"), b""),
        "NUL in the target": ((b"POST /\x00 HTTP/1.1", b"HOST"), b""),
        "bare CR": ((post, b"HOST", b"X-A: b\rX-B: c"), b""),
        "absolute form": ((b"GET http://evil.example/ HTTP/1.1", b"HOST"),
                          b""),
        "CONNECT": ((b"CONNECT evil.example:443 HTTP/1.1", b"HOST"), b""),
        "asterisk form": ((b"OPTIONS * HTTP/1.1", b"HOST"), b""),
        "no target": ((b"POST HTTP/1.1", b"HOST"), b""),
    }
    wrong = []
    for name, (lines, body) in shapes.items():
        answer = raw(kit, *lines, body=body)
        if answer is None or not 400 <= answer.status < 500:
            wrong.append(f"{name}: {answer!r}")
    check(not wrong, "; ".join(wrong))
    still_answers(kit)


def test_old_and_new_versions(kit):
    for line in (b"POST / HTTP/2.0", b"POST / HTTP/0.9", b"POST /",
                 b"POST / HTTP/1.10", b"POST / JUNK/1.1", b"  / HTTP/1.1"):
        answer = raw(kit, line, b"HOST")
        check(answer is None or answer.status in (400, 505),
              f"{line}: {answer!r}")
    still_answers(kit)


def test_h2c_preface(kit):
    answer = send_raw(settled(kit).port,
                      b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(64))
    check(answer is not None and 400 <= answer.status < 600,
          f"answered {answer!r}")
    still_answers(kit)


def test_tls_to_the_plain_port(kit):
    answer = send_raw(settled(kit).port,
                      b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
                      + bytes(600) + b"\r\n\r\n")
    check(answer is None or answer.status == 400, f"answered {answer!r}")
    still_answers(kit)


def test_chunk_shapes(kit):
    for body in (b"zz\r\n", b"-5\r\naaaaa\r\n0\r\n\r\n",
                 b"ffffffffffffffffff\r\n", b"5\r\naaaaaXX0\r\n\r\n",
                 b"5 5\r\naaaaa\r\n0\r\n\r\n"):
        ask = Ask(settled(kit), body=None)
        ask.headers["Transfer-Encoding"] = "chunked"
        ask.sign()
        answer = send_raw(ask.port, ask.head(), body)
        check(answer is None or 400 <= answer.status < 500,
              f"{body}: {answer!r}")
    still_answers(kit)


# ---- sizes ----

def test_huge_header(kit):
    answer = Ask(settled(kit), **{"X-Big": "a" * 1024 * 1024}).sign().send()
    check_refused(kit, answer)


def test_many_headers(kit):
    more = {f"X-Many-{i}": "a" * 50 for i in range(5000)}
    check_refused(kit, Ask(settled(kit), **more).sign().send())


def test_huge_target(kit):
    ask = Ask(settled(kit), path="/" + "a" * 300_000)
    check_refused(kit, ask.sign().send())


def test_endless_chunked_body(kit):
    """To a call with a rule, whose body must be read whole."""
    server = kit.start_settled(kit.plain(), "--body-limit", "1m")
    ask = Ask(server, "AmazonSSM.PutParameter", None)
    ask.headers["Transfer-Encoding"] = "chunked"
    ask.sign()

    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    answer = send_raw(ask.port, ask.head(), *itertools.repeat(chunk, 512))
    check(answer is not None and 400 <= answer.status < 500,
          f"answered {answer!r}")
    still_answers(kit, server)


def test_long_body_by_length(kit):
    server = kit.start_settled(kit.plain(), "--body-limit", "1m")
    ask = Ask(server, "AmazonSSM.PutParameter", b"a" * 3_000_000).sign()
    answer = ask.send()
    check(answer is not None and 400 <= answer.status < 500,
          f"answered {answer!r}")
    still_answers(kit, server)


def test_slow_heads_do_not_stop_others(kit):
    """Half a head on many connections, and a good call meanwhile."""
    server = settled(kit)
    waiting = [socket.create_connection(("127.0.0.1", server.port), 5)
               for _ in range(200)]
    try:
        for connection in waiting:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: 127")
        still_answers(kit)
    finally:
        for connection in waiting:
            connection.close()
    still_answers(kit)


# ---- presigned URLs ----

def presigned(server, shift=0, path="/presigned/key", seconds=600):
    def signer(*words):
        return botocore.auth.S3SigV4QueryAuth(*words, expires=seconds)
    ask = Ask(server, None, b"", "s3", "GET", path)
    return ask.sign(signer=signer, shift=shift)


def test_presigned(kit):
    server = settled(kit)
    s3 = kit.client("s3", server)
    s3.create_bucket(Bucket="presigned", CreateBucketConfiguration={
        "LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="presigned", Key="key", Body=b"by url")
    answer = presigned(server).send()
    check_equal((answer.status, answer.body), (200, b"by url"), "a good one")
    check_refused(kit, presigned(server, shift=-4000).send(), 403)
    tampered = presigned(server)
    tampered.path = tampered.path.replace("/key?", "/other?")
    check_refused(kit, tampered.send(), 403, "SignatureDoesNotMatch")
    longer = presigned(server)
    longer.path = longer.path.replace("Expires=600", "Expires=6000")
    check_refused(kit, longer.send(), 403)
    url = kit.client("s3", server, signature_version="s3v4",
                     ).generate_presigned_url(
        "get_object", Params={"Bucket": "presigned", "Key": "key"})
    target = urllib.parse.urlsplit(url)
    answer = send_raw(server.port, (
        f"GET {target.path}?{target.query} HTTP/1.1\r\n"
        f"Host: {target.netloc}\r\n\r\n").encode())
    check_equal((answer.status, answer.body), (200, b"by url"), "boto3's")


# ---- what is told ----

def test_nothing_secret_in_the_log(kit):
    log = kit.path("secrets.jsonl")
    emulator = kit.start_emulator(lag=0.6)
    server = kit.start_settled(emulator, "--log", log, "--timeout", "200ms")
    ssm = kit.client("ssm", server)
    secrets = kit.client("secretsmanager", server)
    sts = kit.client("sts", server)
    words = [f"topsecret{i}" for i in range(5)]
    told = []

    def call(function, **members):
        try:
            told.append(str(function(**members)["ResponseMetadata"]))
        except ssm.exceptions.ClientError as error:
            told.append(str(error))
    call(ssm.put_parameter, Name="/log/secure", Value=words[0],
         Type="SecureString")
    call(secrets.create_secret, Name="log/text", SecretString=words[1])
    call(secrets.create_secret, Name="log/bytes",
         SecretBinary=words[2].encode())
    call(secrets.put_secret_value, SecretId="log/text", SecretString=words[3])
    call(secrets.update_secret, SecretId="log/text", SecretString=words[4])
    learned = sts.assume_role(
        RoleArn="arn:aws:iam::123456789012:role/log",
        RoleSessionName="log")["Credentials"]
    kit.client("ssm", server, learned["AccessKeyId"],
               learned["SecretAccessKey"], learned["SessionToken"]
               ).describe_parameters()
    Ask(server).sign(secret="x" * 40).send()
    eventually(lambda: log.read_text().count("answer-given") >= 5
               or log.read_text().count("\n") > 20, "the log")
    server.end()
    hidden = [*words, base64.b64encode(words[2].encode()).decode(), SECRET,
              server.secret, learned["SecretAccessKey"],
              learned["SessionToken"], "Signature=", "AWS4-HMAC-SHA256"]
    everything = {"log": log.read_text(), "stderr": server.errors(),
                  "answers": "\n".join(told)}
    check("PutParameter" in everything["log"], "the log is empty")
    for where, text in everything.items():
        for word in hidden:
            check(word not in text, f"{word[:12]}... is in the {where}")
