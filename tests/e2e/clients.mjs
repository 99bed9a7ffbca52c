// SPDX-License-Identifier: Apache-2.0
// The AWS SDK for JavaScript, as the end-to-end tests drive it:
//   node clients.mjs STORY [WORD...]
// The endpoint and the keys come from the environment, the packages from
// $NODE_HOME. Prints one JSON object.
import { createRequire } from "node:module";
import { Readable } from "node:stream";

const require = createRequire(`${process.env.NODE_HOME}/`);

function client(name, service, options = {}) {
  const library = require(`@aws-sdk/client-${name}`);
  const made = new library[`${service}Client`]({ ...options });
  return (command, input) => made.send(new library[`${command}Command`](input));
}

const parameter = (Name) => ({ Name, Value: "one", Type: "String" });

const stories = {
  // A change that does not settle: what the caller's exception says.
  async refused(name) {
    try {
      await client("ssm", "SSM")("PutParameter", parameter(name));
      return { name: "none" };
    } catch (error) {
      return {
        name: error.name,
        message: error.message,
        status: error.$metadata?.httpStatusCode,
        attempts: error.$metadata?.attempts,
      };
    }
  },

  // Waits a while for an answer, by default a second, and then tries again.
  async impatient(name, attempts, requestTimeout = 1000) {
    const ssm = client("ssm", "SSM", {
      maxAttempts: Number(attempts),
      requestHandler: {
        requestTimeout: Number(requestTimeout),
        throwOnRequestTimeout: true,
      },
    });
    const answer = await ssm("PutParameter", parameter(name));
    return { version: answer.Version, attempts: answer.$metadata.attempts };
  },

  // Writes and reads through several services.
  async tour(suffix) {
    const ssm = client("ssm", "SSM");
    const secrets = client("secrets-manager", "SecretsManager");
    const sts = client("sts", "STS");
    const tables = client("dynamodb", "DynamoDB");
    const Name = `/tour/${suffix}`;
    const TableName = `tour-${suffix}`;
    await ssm("PutParameter", parameter(Name));
    await secrets("CreateSecret", { Name, SecretString: "hush" });
    await tables("CreateTable", {
      TableName,
      AttributeDefinitions: [{ AttributeName: "k", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "k", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    });
    const Item = { k: { S: "key" }, v: { S: "v€lue" } };
    await tables("PutItem", { TableName, Item });
    const Key = { k: Item.k };
    return {
      parameter: (await ssm("GetParameter", { Name })).Parameter.Value,
      secret: (await secrets("GetSecretValue", { SecretId: Name }))
        .SecretString,
      item: (await tables("GetItem", { TableName, Key })).Item.v.S,
      account: (await sts("GetCallerIdentity", {})).Account,
    };
  },

  // An object of a known body, and one of a stream of unknown length.
  async objects(Bucket, Key) {
    const s3 = client("s3", "S3", { forcePathStyle: true });
    await s3("CreateBucket", {
      Bucket,
      CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
    });
    await s3("PutObject", { Bucket, Key, Body: "body", Tagging: "a=1&b=2" });
    const stream = Readable.from(
      Array.from({ length: 40 }, (_, i) => Buffer.alloc(100_000, 97 + i % 26)),
      { objectMode: false },
    );
    await s3("PutObject", {
      Bucket, Key: "stream", Body: stream, ContentLength: 4_000_000,
    });
    const read = async (which) =>
      (await s3("GetObject", { Bucket, Key: which })).Body;
    const bytes = await (await read("stream")).transformToByteArray();
    const tags = await s3("GetObjectTagging", { Bucket, Key });
    const list = await s3("ListObjectsV2", { Bucket });
    return {
      body: await (await read(Key)).transformToString(),
      length: bytes.length,
      last: bytes[bytes.length - 1],
      tags: tags.TagSet.map((tag) => tag.Key + tag.Value).sort(),
      keys: list.Contents.map((object) => object.Key).sort(),
    };
  },
};

const [story, ...words] = process.argv.slice(2);
console.log(JSON.stringify(await stories[story](...words)));
process.exit(0);
