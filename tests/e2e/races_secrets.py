# SPDX-License-Identifier: Apache-2.0
"""Scenarios of Secrets Manager. Each is called with a races.Scene."""

import json
import uuid

from races_ssm import tag_list

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


def create(s, name, text="one", **more):
    if text is not None:
        more["SecretString"] = text
    return s.write(s.secrets.create_secret, Name=name, **more)


def value(s, secret, **which):
    return lambda: s.secrets.get_secret_value(SecretId=secret,
                                              **which)["SecretString"]


def described(s, secret, member):
    return lambda: s.secrets.describe_secret(SecretId=secret).get(member)


def tags(s, secret):
    return lambda: {t["Key"]: t["Value"] for t in s.secrets.describe_secret(
        SecretId=secret).get("Tags", [])}


def listed(s, key, text, **more):
    return lambda: [e["Name"] for e in s.secrets.list_secrets(
        Filters=[{"Key": key, "Values": [text]}], **more)["SecretList"]]


def stages(s, secret):
    return lambda: {i: sorted(v) for i, v in s.secrets.describe_secret(
        SecretId=secret)["VersionIdsToStages"].items()}


def versions(s, secret):
    return lambda: {v["VersionId"]: sorted(v["VersionStages"])
                    for v in s.secrets.list_secret_version_ids(
                        SecretId=secret)["Versions"]}


def policy_document(sid):
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Sid": sid, "Effect": "Allow",
                       "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                       "Action": "secretsmanager:GetSecretValue",
                       "Resource": "*"}]})


def policy_sid(s, secret):
    def read():
        text = s.secrets.get_resource_policy(SecretId=secret).get(
            "ResourcePolicy")
        return json.loads(text)["Statement"][0]["Sid"] if text else None
    return read


# ---- create, change ----

def race_secret_create(s):
    name = s.name()
    made = create(s, name)
    s.sees(value(s, name), "one")
    s.sees(value(s, made["ARN"]), "one")
    s.sees(described(s, name, "ARN"), made["ARN"])
    s.sees(listed(s, "name", name), [name])
    s.sees(versions(s, name), {made["VersionId"]: [CURRENT]})


def race_secret_create_binary(s):
    name = s.name()
    create(s, name, None, SecretBinary=b"\x00\x01\xff")
    s.sees(lambda: s.secrets.get_secret_value(SecretId=name)["SecretBinary"],
           b"\x00\x01\xff")


def race_secret_create_with_tags(s):
    name = s.name()
    create(s, name, Tags=tag_list(team="a", run=s.run),
           Description="described")
    s.sees(tags(s, name), {"team": "a", "run": s.run})
    s.sees(described(s, name, "Description"), "described")
    s.sees(listed(s, "tag-value", s.run), [name])


def race_secret_create_empty(s):
    name = s.name()
    create(s, name, None)
    s.sees(described(s, name, "Name"), name)
    s.write(s.secrets.put_secret_value, SecretId=name, SecretString="filled")
    s.sees(value(s, name), "filled")


def race_secret_put_value(s):
    name = s.name()
    first = create(s, name)["VersionId"]
    put = s.write(s.secrets.put_secret_value, SecretId=name,
                  SecretString="two")
    s.sees(value(s, name), "two")
    s.sees(value(s, name, VersionStage=PREVIOUS), "one")
    s.sees(value(s, name, VersionId=put["VersionId"]), "two")
    s.sees(stages(s, name), {first: [PREVIOUS], put["VersionId"]: [CURRENT]})


def race_secret_put_by_arn(s):
    made = create(s, s.name())
    for number in range(3):
        s.write(s.secrets.put_secret_value, SecretId=made["ARN"],
                SecretString=f"value {number}")
        s.sees(value(s, made["Name"]), f"value {number}")


def race_secret_put_with_token(s):
    name, token = s.name(), str(uuid.uuid4())
    create(s, name)
    for _ in range(2):
        s.write(s.secrets.put_secret_value, SecretId=name,
                SecretString="by token", ClientRequestToken=token)
    s.sees(value(s, name), "by token")
    s.sees(value(s, name, VersionId=token), "by token")


def race_secret_put_with_stages(s):
    name = s.name()
    create(s, name)
    s.write(s.secrets.put_secret_value, SecretId=name, SecretString="blue",
            VersionStages=["BLUE"])
    s.sees(value(s, name, VersionStage="BLUE"), "blue")
    s.sees(value(s, name), "one")


def race_secret_put_binary(s):
    name = s.name()
    create(s, name)
    s.write(s.secrets.put_secret_value, SecretId=name, SecretBinary=b"\x01\x02")
    s.sees(lambda: s.secrets.get_secret_value(SecretId=name)["SecretBinary"],
           b"\x01\x02")


def race_secret_update_value(s):
    name = s.name()
    create(s, name)
    s.write(s.secrets.update_secret, SecretId=name, SecretString="updated")
    s.sees(value(s, name), "updated")
    s.sees(lambda: [v["SecretString"] for v in s.secrets.batch_get_secret_value(
        SecretIdList=[name])["SecretValues"]], ["updated"])


def race_secret_update_description(s):
    name = s.name()
    create(s, name, Description="first")
    s.write(s.secrets.update_secret, SecretId=name,
            Description=f"d{s.run} second")
    s.sees(described(s, name, "Description"), f"d{s.run} second")
    s.sees(listed(s, "description", f"d{s.run}"), [name])


def race_secret_update_both(s):
    name = s.name()
    create(s, name)
    s.write(s.secrets.update_secret, SecretId=name, Description="both",
            SecretString="changed")
    s.sees(value(s, name), "changed")
    s.sees(described(s, name, "Description"), "both")


def race_secret_move_current_back(s):
    name = s.name()
    first = create(s, name)["VersionId"]
    second = s.write(s.secrets.put_secret_value, SecretId=name,
                     SecretString="two")["VersionId"]
    s.write(s.secrets.update_secret_version_stage, SecretId=name,
            VersionStage=CURRENT, MoveToVersionId=first,
            RemoveFromVersionId=second)
    s.sees(value(s, name, VersionStage=CURRENT), "one")
    s.sees(value(s, name, VersionStage=PREVIOUS), "two")


def race_secret_own_stage(s):
    name = s.name()
    first = create(s, name)["VersionId"]
    s.write(s.secrets.update_secret_version_stage, SecretId=name,
            VersionStage="CANARY", MoveToVersionId=first)
    s.sees(value(s, name, VersionStage="CANARY"), "one")
    s.write(s.secrets.update_secret_version_stage, SecretId=name,
            VersionStage="CANARY", RemoveFromVersionId=first)
    s.sees(stages(s, name), {first: [CURRENT]})


# ---- delete, restore ----

def race_secret_delete(s):
    name = s.name()
    create(s, name)
    s.write(s.secrets.delete_secret, SecretId=name, RecoveryWindowInDays=7)
    s.sees(value(s, name), "InvalidRequestException")
    s.sees(lambda: "DeletedDate" in s.secrets.describe_secret(SecretId=name),
           True)
    s.sees(listed(s, "name", name), [])


def race_secret_restore(s):
    name = s.name()
    create(s, name)
    s.write(s.secrets.delete_secret, SecretId=name)
    s.write(s.secrets.restore_secret, SecretId=name)
    s.sees(value(s, name), "one")
    s.sees(described(s, name, "DeletedDate"), None)
    s.sees(listed(s, "name", name), [name])


def race_secret_force_delete(s):
    name = s.name()
    create(s, name)
    s.arrived(listed(s, "name", name), [name])
    s.write(s.secrets.delete_secret, SecretId=name,
            ForceDeleteWithoutRecovery=True)
    s.sees(value(s, name), "ResourceNotFoundException")
    s.sees(described(s, name, "Name"), "ResourceNotFoundException")
    s.sees(listed(s, "name", name), [])


def race_secret_create_again(s):
    name = s.name()
    create(s, name, "old")
    s.write(s.secrets.delete_secret, SecretId=name,
            ForceDeleteWithoutRecovery=True)
    made = create(s, name, "new")
    s.sees(value(s, name), "new")
    s.sees(versions(s, name), {made["VersionId"]: [CURRENT]})


# ---- tags, policies, rotation, replicas ----

def race_secret_tag(s):
    name = s.name()
    create(s, name)
    s.write(s.secrets.tag_resource, SecretId=name,
            Tags=tag_list(stage="dev", run=s.run))
    s.sees(tags(s, name), {"stage": "dev", "run": s.run})
    s.sees(listed(s, "tag-value", s.run), [name])


def race_secret_change_a_tag(s):
    name = s.name()
    create(s, name, Tags=tag_list(colour="red", size="s"))
    s.write(s.secrets.tag_resource, SecretId=name,
            Tags=tag_list(colour="blue"))
    s.sees(tags(s, name), {"colour": "blue", "size": "s"})


def race_secret_untag(s):
    name = s.name()
    create(s, name, Tags=tag_list(a="1", b=s.run))
    s.write(s.secrets.untag_resource, SecretId=name, TagKeys=["b"])
    s.sees(tags(s, name), {"a": "1"})
    s.sees(listed(s, "tag-value", s.run), [])


def race_secret_policy(s):
    name = s.name()
    create(s, name)
    for sid in ("First", "Second"):
        s.write(s.secrets.put_resource_policy, SecretId=name,
                ResourcePolicy=policy_document(sid))
        s.sees(policy_sid(s, name), sid)
    s.write(s.secrets.delete_resource_policy, SecretId=name)
    s.sees(policy_sid(s, name), None)


def race_secret_rotate(s):
    name = s.name()
    create(s, name)
    for days in (30, 60):
        s.write(s.secrets.rotate_secret, SecretId=name,
                RotationRules={"AutomaticallyAfterDays": days})
        s.sees(described(s, name, "RotationEnabled"), True)
        s.sees(described(s, name, "RotationRules"),
               {"AutomaticallyAfterDays": days})


def race_secret_replicas(s):
    name = s.name()
    create(s, name)

    def regions():
        return [r["Region"] for r in s.secrets.describe_secret(
            SecretId=name).get("ReplicationStatus", [])]
    s.write(s.secrets.replicate_secret_to_regions, SecretId=name,
            AddReplicaRegions=[{"Region": "eu-west-2"}])
    s.sees(regions, ["eu-west-2"])
    s.write(s.secrets.remove_regions_from_replication, SecretId=name,
            RemoveReplicaRegions=["eu-west-2"])
    s.sees(regions, [])
