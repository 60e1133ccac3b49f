"""A page of plain prose, written for this course: real sentences, and far too few of them to learn words from."""

STORY = """
The old painter lived in a house by the sea. Every morning she opened the window and looked at the water. On
some days the sea was grey and on some days it was green. She wrote the colour of the sea in a small book, and
then she made tea. Her brother lived in the lighthouse on the other side of the bay. Every evening he climbed
the stairs and lit the lamp. On clear nights she could see the light from her bed, and he could see the lamp
in her window. So each of them knew that the other was well. One winter the snow came early. It fell on the
house and on the lighthouse, on the road and on the boats. The painter had never seen so much white. She went
out with her box of colours and sat down on a stone. She painted the snow, and the snow fell on the paper.
When she came home the picture was wet and the colours had run into each other. The red of the boats had
become pink, and the blue of the water had gone into the sky. She was not angry. She put the picture on the
wall above the stove and looked at it for a long time. In the evening she looked out of the window, and there
was no light on the other side of the bay. She waited for an hour. Then she took her coat and her lantern and
went down to the boats. The fisherman was in his hut. He had a big dog and a small stove. He said that the
wind was strong and that no boat could cross the bay at night. She said that her brother had never forgotten
the lamp. The fisherman looked at the dog, and the dog looked at the door. So they went. The boat was small
and the waves were big. The fisherman held the oars and the painter held the lantern. The dog sat between them
and looked at the dark water. When they came to the lighthouse the door was open and there was snow on the
stairs. They found her brother in the room at the top. He sat beside the lamp with a cloth in his hand. The
glass was broken, he said, and the wind had put out the light. He had tried to close the window with a coat,
and then with a book, and then with a chair. The painter looked at the window. Then she took the picture from
under her coat, for she had brought it with her, and put it into the frame. It was just the right size. Her
brother lit the lamp. The light went through the paper, through the pink and the blue, and out over the sea.
The fishermen on the other side of the bay came out of their houses. They had never seen such a light. Some
said it was the morning, and some said it was a ship on fire. In spring the glass was made new. The painter
got her picture back, and it had a hole in it where the wind had been. She hung it on the wall above the stove
again. But on the first night of every winter her brother puts a sheet of coloured paper in front of the lamp.
Then the light on the bay is pink for an hour, or green, or blue. The children in the houses by the sea are
allowed to stay up late and look at it. The painter sits at her window with a cup of tea. She opens the small
book, and writes down the colour of the light.
"""


def sentences() -> list[str]:
    """Return the story's sentences, in small letters and without signs."""
    plain = STORY.lower().replace(",", "").replace("\n", " ")
    return [sentence.strip() for sentence in plain.split(".") if sentence.strip()]
