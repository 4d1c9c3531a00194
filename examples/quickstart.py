# A thread from its creation to its deletion, with the official SDK.
from openai import OpenAI

threads = OpenAI().beta.threads

thread = threads.create(
    messages=[
        {
            "role": "user",
            "content": "Create 3 data visualizations based on the trends in this file.",
            "attachments": [{"file_id": "file-abc123", "tools": [{"type": "code_interpreter"}]}],
        }
    ]
)
print(f"Created {thread.id}")

found = threads.retrieve(thread.id)
print(f"Retrieved it: created at {found.created_at}")

updated = threads.update(thread.id, metadata={"modified": "true", "user": "abc123"})
print(f"Updated its metadata: {updated.metadata}")

response = threads.delete(thread.id)
print(f"Deleted it: {response.deleted}")
