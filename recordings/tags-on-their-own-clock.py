#!/usr/bin/env python3
"""Tags have a clock of their own: the value shows soon, its tags much later.
settled waits for both.

lag: --lag fixed:300ms --tag-lag fixed:4s
"""
import boto3

ssm = boto3.client("ssm")
ssm.put_parameter(Name="/story/tagged", Value="green", Type="String",
                  Tags=[{"Key": "team", "Value": "night"}])
tags = ssm.list_tags_for_resource(ResourceType="Parameter",
                                  ResourceId="/story/tagged")["TagList"]
assert tags == [{"Key": "team", "Value": "night"}], tags

ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId="/story/tagged",
                         Tags=[{"Key": "stage", "Value": "test"}])
tags = ssm.list_tags_for_resource(ResourceType="Parameter",
                                  ResourceId="/story/tagged")["TagList"]
assert {tag["Key"] for tag in tags} == {"team", "stage"}, tags
