"""What everybody reads: comments under the posts, and lead forms. https://dev.vk.com/ru/method/wall.createComment"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.vendors.stage import Answer, Person, Refused, Stage
from sandbox.vendors.vk.pushing import Pushing
from sandbox.vendors.vk.words import GROUP, Given, Json, done, failed, odd

POST = 33


@dataclass(slots=True)
class Wall:
    """One post with its comments."""

    stage: Stage
    pushing: Pushing
    comments: list[Json] = field(default_factory=list)

    def writes(self, person: Person, text: str, under: int = 0) -> Json:
        """A customer comments, perhaps on a comment."""
        comment = self._add(int(person.id), text, under)
        self.stage.push(*self.pushing.tell("wall_reply_new", comment, person.id))
        return comment

    def fills(self, person: Person, form: str, answers: Given) -> None:
        """A customer sends a lead form; the keys are VK's."""
        told: Json = {"lead_id": self.stage.number(), "group_id": GROUP, "user_id": int(person.id)}
        told |= {"form_id": 3, "form_name": form}
        told["answers"] = [{"key": key, "question": key, "answer": value} for key, value in answers.items()]
        self.stage.push(*self.pushing.tell("lead_forms_new", told, person.id))

    def create(self, given: Given) -> Answer:
        """The same guid is the same comment."""
        if (given["owner_id"], given["from_group"], given["post_id"]) != (f"-{GROUP}", str(GROUP), str(POST)):
            raise Refused(failed(15, "Access denied: post was not found"))
        under = int(given.get("reply_to_comment", "0"))
        if under and all(one["id"] != under for one in self.comments):
            raise odd("reply_to_comment is invalid")
        if not given["message"]:
            raise odd("message is empty")
        again = next((one for one in self.comments if one["guid"] == given.get("guid", "")), None)
        comment = again if again and again["guid"] else self._add(-GROUP, given["message"], under)
        comment["guid"] = given.get("guid", "")
        if comment is not again:
            self.stage.effects += 1
            self.stage.push(*self.pushing.tell("wall_reply_new", comment, "wall"))
        return done({"comment_id": comment["id"], "parents_stack": comment["parents_stack"]})

    def _add(self, who: int, text: str, under: int) -> Json:
        about: Json = {"id": self.stage.number(), "from_id": who, "text": text, "guid": ""}
        about |= {"date": int(self.stage.now().timestamp()), "post_id": POST, "owner_id": -GROUP}
        about |= {"parents_stack": [under] if under else []} | ({"reply_to_comment": under} if under else {})
        self.comments.append(about)
        self.stage.changed()
        return about
